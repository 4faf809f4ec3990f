using System.Globalization;
using System.Runtime.Versioning;
using System.Text.RegularExpressions;
using Opportunism.Core.Fleet;
using Opportunism.TestKit.Sites;
using Xunit;

namespace Opportunism.SystemTests.Days;

/// <summary>What becomes of guests when the owner comes and stays, with every program real.</summary>
[Collection(WholeMachine.Name)]
[SupportedOSPlatform("linux")]
public sealed partial class EvictionDayTests : IAsyncLifetime
{
    private RealSite site = null!;

    public async ValueTask InitializeAsync() => site = await RealSite.StartAsync();

    public async ValueTask DisposeAsync() => await site.DisposeAsync();

    [Fact]
    public async Task Of_two_guests_each_goes_the_way_its_own_policy_says()
    {
        var desktop = await site.AddDesktopAsync("pc-1");
        var kept = await site.CreateVmAsync("kept", "suspend");
        var dropped = await site.CreateVmAsync("dropped", "terminate");
        var console = new RealConsole(site.Client, kept.Id);
        await site.UntilTickAsync(console, 2);
        await site.UntilTickAsync(new RealConsole(site.Client, dropped.Id), 2);

        int before;
        await using (desktop.OwnerStays())
        {
            await site.UntilVmAsync(kept.Id, VmStatus.Suspended);
            await site.UntilVmAsync(dropped.Id, VmStatus.Terminated);
            await site.UntilStateAsync(desktop, "InUse");
            before = (await console.ReadAsync()).Last;
            Assert.Equal((null, null), (desktop.QemuOf(kept.Id), desktop.QemuOf(dropped.Id)));
            Assert.Equal(0, desktop.RamInUse);
        }

        await site.UntilVmAsync(kept.Id, VmStatus.Running);
        await site.UntilTickAsync(console, before + 3);
        Assert.Equal(1, console.Boots);
        var left = Assert.Single((await desktop.StatusAsync()).Guests);
        Assert.Equal(kept.Id, left.Id);
        Assert.Equal(VmStatus.Terminated, (await site.Client.VmAsync(dropped.Id)).Status);
    }

    [Fact]
    public async Task A_guest_whose_owner_stays_boots_on_another_desktop_from_its_disk()
    {
        var first = await site.AddDesktopAsync("pc-1");
        var vm = await site.CreateVmAsync("mover", "relocate");
        var console = new RealConsole(site.Client, vm.Id);
        await site.UntilTickAsync(console, 3);
        var second = await site.AddDesktopAsync("pc-2");
        await site.UntilStateAsync(second, "Available");

        await using (first.OwnerStays())
        {
            await site.UntilAsync(
                "the guest runs on pc-2", async () => await site.Client.VmAsync(vm.Id) is { Status: VmStatus.Running, Node: "pc-2" });
            await site.UntilAsync("it counts anew there", async () => await console.ReadAsync() is { Boots: 2, Last: >= 2 });
            Assert.NotNull(second.QemuOf(vm.Id));
            await site.UntilAsync(
                "nothing of it is left on pc-1", async () => (await first.StatusAsync()) is { State: "InUse", Guests.Count: 0 });
            Assert.Equal((null, 0L), (first.QemuOf(vm.Id), first.RamInUse));
        }

        var found = OnDisk().Match(console.Text);
        Assert.True(found.Success, $"The guest found nothing on its disk when it booted again:\n{console.Text}");
        var counted = int.Parse(found.Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.InRange(counted, 2, 1000);
    }

    [GeneratedRegex(@"on disk: tick (\d+)")]
    private static partial Regex OnDisk();
}
