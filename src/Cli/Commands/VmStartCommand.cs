using System.CommandLine;
using Opportunism.Contracts.Api;

namespace Opportunism.Cli.Commands;

/// <summary><c>vm start</c>: a stopped VM on again.</summary>
internal static class VmStartCommand
{
    public static Command Create(CliOptions options)
    {
        var vm = SiteArguments.Vm();
        return options.ForSite(new Command("start", "Turn a stopped VM on.") { vm }, async (parsed, site, cancellationToken) =>
        {
            var view = await site.StartVmAsync(parsed.GetValue(vm)!, cancellationToken).ConfigureAwait(false);
            return options.Show(parsed, view, SiteJson.Default.VmView, $"{view.Name} is {view.Status}.");
        });
    }
}
