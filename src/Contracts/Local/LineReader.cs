namespace Opportunism.Contracts.Local;

/// <summary>Reads one line of bounded length from a stream.</summary>
public static class LineReader
{
    /// <summary>The bytes up to the first line feed, without it; null when the other side closed first.</summary>
    /// <exception cref="IOException">The line is longer than <paramref name="longest"/> bytes.</exception>
    public static async Task<byte[]?> ReadAsync(Stream stream, int longest, CancellationToken cancellationToken)
    {
        var buffer = new byte[Math.Min(4096, longest)];
        var filled = 0;
        while (true)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(filled), cancellationToken);
            if (read == 0) return null;
            var end = Array.IndexOf(buffer, (byte)'\n', filled, read);
            filled += read;
            if (end >= 0) return buffer[..end];
            if (filled < buffer.Length) continue;
            if (filled >= longest) throw new IOException($"A line is longer than the {longest} bytes allowed.");
            Array.Resize(ref buffer, Math.Min(buffer.Length * 4, longest));
        }
    }
}
