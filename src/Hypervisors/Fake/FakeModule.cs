using Microsoft.Extensions.Logging;

namespace Opportunism.Hypervisors.Fake;

/// <summary>The hypervisor without machines, as settings name it.</summary>
internal sealed class FakeModule : HypervisorModule
{
    /// <inheritdoc/>
    public override string Name => "fake";

    /// <inheritdoc/>
    public override bool IsForThisSystem => true;

    /// <inheritdoc/>
    public override IMachineGuests Make(
        HypervisorOptions options, HypervisorSettings settings, TimeProvider time, ILoggerFactory logs) => new FakeHypervisor(time);
}
