using System.CommandLine;
using Opportunism.Cli.Terminal;
using Opportunism.Contracts.Api;

namespace Opportunism.Cli.Vms;

/// <summary><c>vm show</c>: all data about a VM.</summary>
internal static class VmShowCommand
{
    public static Command Create(CliOptions options)
    {
        var vm = SiteArguments.Vm();
        return options.ForSite(new Command("show", "Show one VM in full.") { vm }, async (parsed, site, cancellationToken) =>
        {
            var view = await site.VmAsync(parsed.GetValue(vm)!, cancellationToken);
            return options.Show(parsed, view, SiteJson.Default.VmView, () => VmText.Write(options.World, view));
        });
    }
}
