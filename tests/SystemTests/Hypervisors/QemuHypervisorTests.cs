using System.Runtime.Versioning;
using Opportunism.Hypervisors;
using Opportunism.TestKit.Conformance;
using Opportunism.TestKit.Guests;

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
}
