using System.CommandLine;
using Opportunism.Cli.Terminal;
using Opportunism.Contracts.Api;
using Opportunism.Core.Fleet;

namespace Opportunism.Cli.Vms;

/// <summary><c>vm start</c>: starts a stopped VM.</summary>
internal static class VmStartCommand
{
    public static Command Create(CliOptions options)
    {
        var vm = SiteArguments.Vm();
        return options.ForSite(new Command("start", "Turn a stopped VM on.") { vm }, async (parsed, site, cancellationToken) =>
        {
            var view = await site.StartVmAsync(parsed.GetValue(vm)!, cancellationToken);
            return options.Show(parsed, view, SiteJson.Default.VmView, Sentence(view));
        });
    }

    private static string Sentence(VmView vm) => vm.Status is VmStatus.Running
        ? $"{vm.Name} is Running."
        : $"The start of {vm.Name} is requested. It is {vm.Status} now{(vm.Why.Length > 0 ? $" ({vm.Why})" : "")} and becomes Running "
            + $"when a node runs it: 'opportunism vm show {vm.Name}'.";
}
