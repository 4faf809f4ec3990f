using System.CommandLine;
using Opportunism.Contracts.Api;
using Opportunism.Core.Fleet;

namespace Opportunism.Cli.Commands;

/// <summary><c>vm create</c>: a new VM, placed as soon as a node has room.</summary>
internal static class VmCreateCommand
{
    // Between two looks while waiting; a placement takes seconds.
    private static readonly TimeSpan LooksEvery = TimeSpan.FromSeconds(1);

    public static Command Create(CliOptions options)
    {
        var name = new Argument<string>("name") { Description = "Its name: 1 to 63 characters of a-z 0-9 . -" };
        var image = new Option<string>("--image") { Description = "Name or SHA-256 of the image it starts from.", Required = true };
        var vcpus = new Option<int>("--vcpus") { Description = "Virtual CPUs.", DefaultValueFactory = _ => 1 };
        var memory = new Option<int>("--memory") { Description = "Memory in MiB.", DefaultValueFactory = _ => 512 };
        var disk = new Option<int>("--disk") { Description = "Disk in MiB; the image's own size unless said." };
        var policy = new Option<string>("--policy") { Description = "What happens when its node's owner stays.", DefaultValueFactory = _ => "suspend" };
        policy.AcceptOnlyFromAmong("suspend", "relocate", "terminate");
        var wait = new Option<bool>("--wait") { Description = "Wait until it runs." };
        return options.ForSite(new Command("create", "Make a virtual machine.") { name, image, vcpus, memory, disk, policy, wait }, async (parsed, site, cancellationToken) =>
        {
            var asked = new NewVm
            {
                Name = parsed.GetValue(name)!,
                Image = parsed.GetValue(image)!,
                Vcpus = parsed.GetValue(vcpus),
                MemoryMiB = parsed.GetValue(memory),
                DiskMiB = parsed.GetValue(disk),
                Policy = parsed.GetValue(policy)!,
            };
            var vm = await site.CreateVmAsync(asked, cancellationToken).ConfigureAwait(false);
            while (parsed.GetValue(wait) && vm.Status is not (VmStatus.Running or VmStatus.Failed or VmStatus.Deleted or VmStatus.Terminated))
            {
                await Task.Delay(LooksEvery, options.World.Time, cancellationToken).ConfigureAwait(false);
                vm = await site.VmAsync(vm.Id, cancellationToken).ConfigureAwait(false);
            }

            options.Show(parsed, vm, SiteJson.Default.VmView, $"{vm.Name} is {vm.Status}{(vm.Why.Length > 0 ? $": {vm.Why}" : "")}.");
            return parsed.GetValue(wait) && vm.Status != VmStatus.Running ? ExitCode.Failed : ExitCode.Done;
        });
    }
}
