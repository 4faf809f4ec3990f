namespace Opportunism.Hypervisors.Qemu;

public sealed partial class QemuHypervisor
{
    /// <inheritdoc/>
    public Task RecoverAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
