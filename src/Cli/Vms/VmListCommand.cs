using System.CommandLine;
using Opportunism.Cli.Terminal;
using Opportunism.Contracts.Api;

namespace Opportunism.Cli.Vms;

/// <summary><c>vm list</c>: every VM of the site.</summary>
internal static class VmListCommand
{
    public static Command Create(CliOptions options)
    {
        var all = new Option<bool>("--all") { Description = "Those deleted lately too." };
        return options.ForSite(new Command("list", "List virtual machines.") { all }, async (parsed, site, cancellationToken) =>
        {
            var vms = await site.VmsAsync(parsed.GetValue(all), cancellationToken);
            return options.Show(
                parsed, vms, SiteJson.Default.IReadOnlyListVmView,
                () => options.World.Console.Show(VmText.Table(vms, options.World.Time),
                "There is no VM. 'opportunism vm create' makes one."));
        });
    }
}
