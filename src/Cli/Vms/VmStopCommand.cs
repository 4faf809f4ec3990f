using System.CommandLine;
using Opportunism.Cli.Terminal;
using Opportunism.Contracts.Api;
using Opportunism.Core.Fleet;

namespace Opportunism.Cli.Vms;

/// <summary><c>vm stop</c>: stops a VM and keeps its disk.</summary>
internal static class VmStopCommand
{
    public static Command Create(CliOptions options)
    {
        var vm = SiteArguments.Vm();
        return options.ForSite(new Command("stop", "Turn a VM off; its disk is kept.") { vm }, async (parsed, site, cancellationToken) =>
        {
            var view = await site.StopVmAsync(parsed.GetValue(vm)!, cancellationToken);
            return options.Show(parsed, view, SiteJson.Default.VmView, Sentence(view));
        });
    }

    private static string Sentence(VmView vm) => vm.Status is VmStatus.Stopped
        ? $"{vm.Name} is Stopped; its disk is kept."
        : $"The stop of {vm.Name} is requested. It is {vm.Status} now and becomes Stopped when its node has turned it off: "
            + $"'opportunism vm show {vm.Name}'.";
}
