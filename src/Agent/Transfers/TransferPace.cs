namespace Opportunism.Agent.Transfers;

/// <summary>When the next piece of an image or a disk may be transferred: paced, and not at all while the owner is there and uses the
/// network.</summary>
/// <param name="pace">Pace of all transfers together, both directions.</param>
/// <param name="traffic">The owner's network traffic.</param>
/// <param name="ownerIsAway">Whether the node is lent: then transfers do not wait for the owner's programs.</param>
/// <param name="time">Clock.</param>
internal sealed class TransferPace(Pace pace, OwnerTraffic traffic, Func<bool> ownerIsAway, TimeProvider time)
{
    /// <summary>Waits until this many bytes may be transferred. Returns early only by its cancellation.</summary>
    public async ValueTask TakeAsync(long bytes, CancellationToken cancellationToken)
    {
        while (!ownerIsAway() && traffic.Wait() is var wait && wait > TimeSpan.Zero) await Task.Delay(wait, time, cancellationToken);
        await pace.TakeAsync(bytes, cancellationToken);
    }
}
