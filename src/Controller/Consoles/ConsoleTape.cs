namespace Opportunism.Controller.Consoles;

/// <summary>The newest 256 KiB of a guest's console, counted from its first boot at this site although each node counts from its own. One thread at a time.</summary>
internal sealed class ConsoleTape
{
    /// <summary>How much is kept.</summary>
    public const int Kept = 256 * 1024;

    private readonly byte[] ring = new byte[Kept];
    private string? source;
    private long nodeStart;
    private bool askedForAll;

    /// <summary>Offset after the newest byte.</summary>
    public long End { get; private set; }

    /// <summary>Offset of the oldest byte kept.</summary>
    public long Start { get; private set; }

    /// <summary>Takes up output that begins at <paramref name="offset"/> of what <paramref name="from"/> counts, and answers where it should go on.</summary>
    /// <param name="from">One placement of the guest: a node, and the disk it started from there. The same node counts anew after a hand-over.</param>
    /// <param name="offset">Of the first byte, as that placement counts.</param>
    /// <param name="output">What it printed.</param>
    public long Write(string from, long offset, ReadOnlySpan<byte> output)
    {
        if (source != from)
        {
            source = from;
            nodeStart = End;
            askedForAll = false;
        }

        var expected = End - nodeStart;
        if (offset > expected)
        {
            // After a restart of ours the node still has what came before: ask for it once. What it has dropped is a gap.
            if (expected == 0 && !askedForAll)
            {
                askedForAll = true;
                return 0;
            }

            nodeStart = End - offset;
            expected = offset;
        }

        var known = expected - offset;
        if (known < output.Length) Append(output[(int)known..]);
        return End - nodeStart;
    }

    /// <summary>At most so many bytes from <paramref name="offset"/> on, or from the oldest kept; a negative offset means the newest ones.</summary>
    public (long Offset, byte[] Bytes) Read(long offset, int atMost)
    {
        var from = offset < 0 ? Math.Max(Start, End - atMost) : Math.Clamp(offset, Start, End);
        var bytes = new byte[(int)Math.Min(atMost, End - from)];
        for (var i = 0; i < bytes.Length; i++) bytes[i] = ring[(from + i) % Kept];
        return (from, bytes);
    }

    private void Append(ReadOnlySpan<byte> output)
    {
        foreach (var b in output) ring[End++ % Kept] = b;
        Start = Math.Max(Start, End - Kept);
    }
}
