using System.Runtime.Versioning;
using Opportunism.Core.Fleet;
using Opportunism.TestKit.Sites;
using Xunit;

namespace Opportunism.SystemTests.Days;

/// <summary>A suspended guest in the last seconds before its desktop is lent, with every program real.</summary>
[Collection(WholeMachine.Name)]
[SupportedOSPlatform("linux")]
public sealed class CountdownDayTests : IAsyncLifetime
{
    private const int Rounds = 3;

    // The guest is loaded in the second half of it.
    private static readonly TimeSpan IdleFor = TimeSpan.FromSeconds(20);

    // 0.3 s is promised; the rest is for xdotool's own start and for a machine that other programs use.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(5);

    private RealSite site = null!;

    public async ValueTask InitializeAsync() => site = await RealSite.StartAsync();

    public async ValueTask DisposeAsync() => await site.DisposeAsync();

    [Fact]
    public async Task The_owner_who_comes_back_has_the_memory_at_once_and_the_guest_has_lost_nothing()
    {
        var desktop = await site.AddDesktopAsync("pc-1", idleFor: IdleFor);
        var vm = await site.CreateVmAsync("kept", "suspend");
        var console = new RealConsole(site.Client, vm.Id);
        await site.UntilTickAsync(console, 2);
        await using (desktop.OwnerStays()) await site.UntilVmAsync(vm.Id, VmStatus.Suspended);
        await site.UntilStateAsync(desktop, "InUse");
        var before = (await console.ReadAsync()).Last;

        for (var round = 0; round < Rounds; round++)
        {
            await site.UntilAsync("the guest is loaded", () => Task.FromResult(Loads(desktop) > round));
            Assert.NotNull(desktop.QemuOf(vm.Id));
            Assert.InRange(desktop.RamInUse, RealSite.GuestMemoryMiB << 19, RealSite.GuestMemoryMiB << 20);
            var touched = TimeProvider.System.GetTimestamp();
            await desktop.TouchAsync();
            while (desktop.RamInUse > 0 || desktop.QemuOf(vm.Id) is not null)
            {
                Assert.True(
                    TimeProvider.System.GetElapsedTime(touched) < Limit,
                    $"In round {round} the loaded guest still had {desktop.RamInUse >> 20} MiB {Limit.TotalSeconds} s after the owner "
                    + $"moved the mouse.\n{await site.DescribeAsync()}");
                await Task.Delay(Look, TimeProvider.System);
            }

            TestContext.Current.TestOutputHelper?.WriteLine(
                $"Memory free {TimeProvider.System.GetElapsedTime(touched).TotalMilliseconds:0} ms after the owner moved the mouse.");
            Assert.Equal("InUse", (await desktop.StatusAsync()).State);
            Assert.Equal(before, (await console.ReadAsync()).Last);
        }

        await site.UntilVmAsync(vm.Id, VmStatus.Running);
        await site.UntilTickAsync(console, before + 3);
        Assert.Equal(1, console.Boots);
    }

    /// <summary>How often the desktop's agent has loaded a guest; its memory on the way there may be larger or smaller than in the
    /// end.</summary>
    private static int Loads(RealDesktop desktop) =>
        desktop.Agent.Said.Split('\n').Count(line => line.Contains("QemuHypervisor[6015]", StringComparison.Ordinal));
}
