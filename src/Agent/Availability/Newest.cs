namespace Opportunism.Agent.Availability;

/// <summary>The newest value of a struct: one thread writes it without a lock or an allocation, any other thread reads it whole.</summary>
internal sealed class Newest<T>(T first)
    where T : struct
{
    // Odd while the value is being written, so that a reader notices and reads again.
    private long version;
    private T value = first;

    /// <summary>Replaces the value. One thread only; never waits.</summary>
    public void Set(in T next)
    {
        Volatile.Write(ref version, version + 1);
        Interlocked.MemoryBarrier();
        value = next;
        Volatile.Write(ref version, version + 1);
    }

    /// <summary>The value as it was written last. Any thread; reads again while it is being written, which takes nanoseconds.</summary>
    public T Read()
    {
        var spin = default(SpinWait);
        while (true)
        {
            var before = Volatile.Read(ref version);
            var copy = value;
            Interlocked.MemoryBarrier();
            if ((before & 1) == 0 && Volatile.Read(ref version) == before) return copy;
            spin.SpinOnce();
        }
    }
}
