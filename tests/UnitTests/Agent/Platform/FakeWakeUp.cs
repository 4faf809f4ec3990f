using Opportunism.Agent.Availability;

namespace Opportunism.UnitTests.Agent.Platform;

/// <summary>Where a real thread waits until it is woken or the test has moved the clock far enough.</summary>
internal sealed class FakeWakeUp(TimeProvider time) : IOwnedWakeUp
{
    private readonly AutoResetEvent woken = new(false);

    public bool IsDisposed { get; private set; }

    public void Wake() => woken.Set();

    public void Wait(TimeSpan? atMost)
    {
        using var timer = time.CreateTimer(_ => woken.Set(), null, atMost ?? Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        woken.WaitOne();
    }

    // The event stays: a timer may still set it.
    public void Dispose() => IsDisposed = true;
}
