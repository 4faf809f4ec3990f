namespace Opportunism.Agent.Transfers;

/// <summary>When the next piece of an image or a disk may travel: at a pace, and not at all while the owner is there and uses the network.</summary>
/// <param name="pace">Pace of all transfers together, both ways.</param>
/// <param name="traffic">The owner's network traffic.</param>
/// <param name="ownerIsAway">Whether the node is lent: then nothing waits for the owner's programs.</param>
/// <param name="time">Clock.</param>
internal sealed class TransferPace(Pace pace, OwnerTraffic traffic, Func<bool> ownerIsAway, TimeProvider time)
{
    /// <summary>Waits until so many bytes may travel. Returns early only by its cancellation.</summary>
    public async ValueTask TakeAsync(long bytes, CancellationToken cancellationToken)
    {
        while (!ownerIsAway() && traffic.Wait() is var wait && wait > TimeSpan.Zero) await Task.Delay(wait, time, cancellationToken);
        await pace.TakeAsync(bytes, cancellationToken);
    }
}
