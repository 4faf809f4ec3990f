using System.Runtime.Versioning;
using Opportunism.Core.Guests;
using Opportunism.Hypervisors;
using Opportunism.TestKit.Conformance;
using Opportunism.TestKit.Guests;
using Xunit;

namespace Opportunism.SystemTests.Hypervisors;

/// <summary>The conformance suite on real QEMU with a real guest.</summary>
[SupportedOSPlatform("linux")]
public sealed class QemuHypervisorTests : HypervisorConformance
{
    private readonly QemuSite site = new();

    protected override IHypervisor Make() => site.Make();

    protected override Task<TickImage> MakeImageAsync() => site.MakeImageAsync();

    protected override Task PassAsync(TimeSpan time) => Task.Delay(time, TimeProvider.System, Cancelled);

    protected override ValueTask CleanUpAsync() => site.CleanUpAsync();

    [Fact]
    public async Task A_guest_that_ends_because_of_a_stop_that_was_taken_back_has_not_shut_itself_down()
    {
        var spec = await StartedAsync();
        using var takenBack = new CancellationTokenSource();
        var stop = Hypervisor.StopAsync(spec.Id, TimeSpan.FromMinutes(1), takenBack.Token);
        await takenBack.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stop);
        for (var looks = 0; looks < 600 && StatusOf(spec).Phase == GuestPhase.Running; looks++)
            await PassAsync(TimeSpan.FromMilliseconds(100));
        Assert.True(StatusOf(spec) is { Phase: GuestPhase.Stopped, ShutItselfDown: false, Sentence: "" }, $"{StatusOf(spec)}");
    }
}
