using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using Opportunism.Contracts.Api;
using Opportunism.Core.Fleet;
using Opportunism.TestKit.Sites;
using Xunit;

namespace Opportunism.SystemTests.Days;

/// <summary>A program is killed in the middle of the day: no guest runs while its owner is there, none is lost.</summary>
[Collection(WholeMachine.Name)]
[SupportedOSPlatform("linux")]
[Trait("Suite", "Long")]
public sealed class CrashDayTests : IAsyncLifetime
{
    private RealSite site = null!;
    private RealDesktop desktop = null!;
    private VmView vm = null!;
    private RealConsole console = null!;

    public async ValueTask InitializeAsync() => site = await RealSite.StartAsync();

    public async ValueTask DisposeAsync() => await site.DisposeAsync();

    [Fact]
    public async Task An_agent_killed_while_a_guest_runs_freezes_it_first_thing_and_lets_it_go_on_when_the_owner_is_away()
    {
        await BeginAsync("suspend");
        var qemu = desktop.QemuOf(vm.Id)!.Value;
        desktop.Agent.Kill();
        await using (desktop.OwnerStays())
        {
            desktop.StartAgent();
            await site.UntilStateAsync(desktop, "Frozen");
            await StandsStillAsync(qemu);
            Assert.NotEqual("Available", (await desktop.StatusAsync()).State);
        }

        await GoesOnAsync(qemu);
    }

    [Fact]
    public async Task An_agent_killed_while_a_guest_is_held_finds_it_held()
    {
        await BeginAsync("suspend");
        var qemu = desktop.QemuOf(vm.Id)!.Value;
        await desktop.TouchAsync();
        await site.UntilPhaseAsync(desktop, vm.Id, "Held");
        desktop.Agent.Kill();
        await StandsStillAsync(qemu);
        await using (desktop.OwnerStays())
        {
            desktop.StartAgent();
            await site.UntilPhaseAsync(desktop, vm.Id, "Held");
            await StandsStillAsync(qemu);
        }

        await GoesOnAsync(qemu);
    }

    [Fact]
    public async Task A_controller_killed_while_a_disk_is_handed_over_has_it_in_the_end()
    {
        // Slow enough to be killed in the middle.
        await BeginAsync("relocate", "TransferBytesPerSecond = 2000000");
        var stays = await site.CreateVmAsync("stays", "suspend");
        var other = new RealConsole(site.Client, stays.Id);
        await site.UntilTickAsync(other, 1);
        int before;
        await using (desktop.OwnerStays())
        {
            await site.UntilAsync(
                "the disk is on its way",
                async () => (await site.Client.NodeAsync(desktop.Name)).Guests.Any(guest =>
                    guest is { Phase: "Leaving", Progress: > 0.05 and < 0.9 }));
            site.KillController();
            // The owner gets everything back although nobody commands it.
            await site.UntilStateAsync(desktop, "InUse");
            Assert.Equal((null, null, 0L), (desktop.QemuOf(vm.Id), desktop.QemuOf(stays.Id), desktop.RamInUse));
            await site.StartControllerAsync();
            await site.UntilAsync("the VM waits for a node, and nothing of it is on the desktop", async () =>
                await site.Client.VmAsync(vm.Id) is { Status: VmStatus.Waiting, Node: null }
                    && (await desktop.StatusAsync()).Guests.All(guest => guest.Id != vm.Id));
            Assert.Equal(VmStatus.Suspended, (await site.Client.VmAsync(stays.Id)).Status);
            before = (await other.ReadAsync()).Last;
        }

        await site.UntilTickAsync(other, before + 2);
        Assert.Equal(1, other.Boots);
        await site.UntilVmAsync(vm.Id, VmStatus.Running);
        await site.UntilAsync(
            "it says what it found on its disk",
            async () => (await console.ReadAsync()).Text.Contains("on disk: tick", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_QEMU_killed_while_it_runs_is_told_and_its_guest_booted_again()
    {
        await BeginAsync("suspend");
        var qemu = desktop.QemuOf(vm.Id)!.Value;
        await KillAsync(qemu);
        await site.UntilAsync("the guest counts anew", async () => await console.ReadAsync() is { Boots: 2, Last: >= 1 });
        Assert.NotEqual(qemu, desktop.QemuOf(vm.Id));
        Assert.Contains("GuestKeeper[1205]", desktop.Agent.Said, StringComparison.Ordinal);
        Assert.Equal(VmStatus.Running, (await site.Client.VmAsync(vm.Id)).Status);
    }

    [Fact]
    public async Task A_QEMU_killed_once_its_guest_is_saved_costs_nothing()
    {
        await BeginAsync("suspend");
        int before;
        await using (desktop.OwnerStays())
        {
            await site.UntilAsync(
                "the guest's checkpoint is complete",
                () => Task.FromResult(desktop.Agent.Said.Contains("QemuHypervisor[6001]", StringComparison.Ordinal)));
            if (desktop.QemuOf(vm.Id) is { } qemu) await KillAsync(qemu);
            await site.UntilVmAsync(vm.Id, VmStatus.Suspended);
            await site.UntilStateAsync(desktop, "InUse");
            Assert.Equal(0, desktop.RamInUse);
            before = (await console.ReadAsync()).Last;
        }

        await site.UntilTickAsync(console, before + 3);
        Assert.Equal(1, console.Boots);
    }

    /// <summary>A desktop whose owner is away and whose guest counts.</summary>
    private async Task BeginAsync(string policy, string settings = "")
    {
        desktop = await site.AddDesktopAsync("pc-1", settings);
        vm = await site.CreateVmAsync("tick", policy);
        console = new RealConsole(site.Client, vm.Id);
        await site.UntilTickAsync(console, 3);
    }

    private async Task GoesOnAsync(int qemu)
    {
        var before = (await console.ReadAsync()).Last;
        await site.UntilStateAsync(desktop, "Available");
        await site.UntilTickAsync(console, before + 3);
        Assert.True(console.Boots == 1, $"The guest booted {console.Boots} times; it was process {qemu}.\n{await site.DescribeAsync()}");
    }

    /// <summary>Only time can show that something does not happen.</summary>
    private static async Task StandsStillAsync(int qemu)
    {
        var before = RealDesktop.CpuOf(qemu);
        await Task.Delay(TimeSpan.FromSeconds(1.5), TimeProvider.System);
        // A guest that runs uses 100 ms and more in that time; QEMU's own threads that answer the agent a few.
        Assert.InRange(RealDesktop.CpuOf(qemu) - before, 0, 5);
    }

    private async Task KillAsync(int qemu)
    {
        using (var process = Process.GetProcessById(qemu)) process.Kill();
        await site.UntilAsync(
            string.Create(CultureInfo.InvariantCulture, $"process {qemu} has ended"),
            () => Task.FromResult(!Directory.Exists($"/proc/{qemu}")
            || File.ReadAllText($"/proc/{qemu}/stat").Contains(") Z", StringComparison.Ordinal)));
    }
}
