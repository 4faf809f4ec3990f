using System.CommandLine;
using Opportunism.Cli.Terminal;
using Opportunism.Contracts.Api;
using Opportunism.Core.Fleet;

namespace Opportunism.Cli.Vms;

/// <summary><c>vm delete</c>: deletes a VM and its disk for ever.</summary>
internal static class VmDeleteCommand
{
    public static Command Create(CliOptions options)
    {
        var vm = SiteArguments.Vm();
        var yes = SiteArguments.Yes();
        return options.ForSite(new Command("delete", "Delete a VM and its disk.") { vm, yes }, async (parsed, site, cancellationToken) =>
        {
            var name = parsed.GetValue(vm)!;
            if (!await Confirmation.AsksAsync(options.World, parsed.GetValue(yes), $"Delete {name} and its disk?", cancellationToken))
                return ExitCode.Failed;
            var view = await site.DeleteVmAsync(name, cancellationToken);
            return options.Show(
                parsed, view, SiteJson.Default.VmView,
                view.Status is VmStatus.Deleted
                ? $"{view.Name} is Deleted."
                : $"{view.Name} is {view.Status} and is gone when its node has confirmed.");
        });
    }
}
