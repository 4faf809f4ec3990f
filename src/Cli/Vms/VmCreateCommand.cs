using System.CommandLine;
using Opportunism.Cli.Terminal;
using Opportunism.Contracts.Api;
using Opportunism.Core.Eviction;
using Opportunism.Core.Fleet;
using Opportunism.Core.Guests;

namespace Opportunism.Cli.Vms;

/// <summary><c>vm create</c>: a new VM, placed as soon as a node has room.</summary>
internal static class VmCreateCommand
{
    // Between two checks while waiting; a placement takes seconds.
    private static readonly TimeSpan LooksEvery = TimeSpan.FromSeconds(1);

    public static Command Create(CliOptions options)
    {
        var name = new Argument<string>("name") { Description = "Its name: 1 to 63 characters of a-z 0-9 . -" };
        var image = new Option<string>("--image") { Description = "Name or SHA-256 of the image it starts from.", Required = true };
        var vcpus = NumberOption.Create("--vcpus", "Virtual CPUs.", normally: 1, least: 1, most: GuestSpec.MostVcpus);
        var memory = NumberOption.Create(
            "--memory", "Memory in MiB.", normally: 512, least: GuestSpec.LeastMemoryMiB, most: GuestSpec.MostMemoryMiB, helpName: "MIB");
        var disk = NumberOption.Create(
            "--disk", "Disk in MiB; 0 for the image's own size.", normally: 0, least: 0, most: GuestSpec.MostDiskMiB, helpName: "MIB");
        var policy = new Option<string>("--policy")
        {
            // A cloud offers some of them; the site replies with those when this one is not among them.
            Description = "What happens when its node's owner stays; a cloud offers some of these.",
            DefaultValueFactory = _ => "suspend",
        };
        policy.AcceptOnlyFromAmong([.. EvictionPolicies.All.All.Select(known => known.Name)]);
        var cloud = new Option<string?>("--cloud")
        {
            Description = "The cloud of the site it is made in; needed where several make VMs.",
            HelpName = "NAME",
        };
        var wait = new Option<bool>("--wait") { Description = "Wait until it runs." };
        return options.ForSite(
            new Command("create", "Make a virtual machine.") { name, image, vcpus, memory, disk, policy, cloud, wait },
            async (parsed, site, cancellationToken) =>
        {
            var asked = new NewVm
            {
                Name = parsed.GetValue(name)!,
                Image = parsed.GetValue(image)!,
                Vcpus = parsed.GetValue(vcpus),
                MemoryMiB = parsed.GetValue(memory),
                DiskMiB = parsed.GetValue(disk),
                Policy = parsed.GetValue(policy)!,
                Cloud = parsed.GetValue(cloud),
            };
            var vm = await AskAsync(site, asked, cancellationToken);
            if (parsed.GetValue(wait)) vm = await WaitAsync(options.World, site, vm, cancellationToken);

            options.Show(parsed, vm, SiteJson.Default.VmView, $"{vm.Name} is {vm.Status}{(vm.Why.Length > 0 ? $": {vm.Why}" : "")}.");
            return parsed.GetValue(wait) && vm.Status != VmStatus.Running ? ExitCode.Failed : ExitCode.Done;
        });
    }

    private static async Task<VmView> AskAsync(SiteClient site, NewVm asked, CancellationToken cancellationToken)
    {
        try
        {
            return await site.CreateVmAsync(asked, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new CliFailure(
                ExitCode.Interrupted,
                $"Interrupted before the site answered: 'opportunism vm show {asked.Name}' shows whether the VM was made.");
        }
    }

    private static async Task<VmView> WaitAsync(CliWorld world, SiteClient site, VmView vm, CancellationToken cancellationToken)
    {
        try
        {
            while (vm.Status is not (VmStatus.Running or VmStatus.Failed or VmStatus.Deleted or VmStatus.Terminated))
            {
                await world.PauseAsync(LooksEvery, cancellationToken);
                vm = await site.VmAsync(vm.Id, cancellationToken);
            }

            return vm;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new CliFailure(
                ExitCode.Interrupted,
                $"Interrupted while waiting: the VM {vm.Name} was made, is {vm.Status} and stays. 'opportunism vm show {vm.Name}' shows "
                + $"how it is, 'opportunism vm delete {vm.Name}' removes it.");
        }
    }
}
