using Opportunism.Agent.Monitors;

namespace Opportunism.UnitTests.Agent.Monitors;

/// <summary>Counts how often the deciding thread would have been woken.</summary>
internal sealed class RecordingWaker : IWakeable
{
    private int wakes;

    public int Wakes => Volatile.Read(ref wakes);

    public void Wake() => Interlocked.Increment(ref wakes);
}
