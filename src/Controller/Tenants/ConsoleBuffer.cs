using System.Globalization;
using Opportunism.Files;
using Opportunism.Server.State;

namespace Opportunism.Controller.Tenants;

/// <summary>
/// The newest output of a guest's console. Offsets count from the guest's first boot at this site, although each node counts from its own.
/// One thread at a time. It is a folder of pieces, each named by the offset of its first byte and only ever appended to, and the file
/// <c>source</c>, which names the placement whose offsets it continues. After a crash the buffer may be shorter; the node then sends the
/// missing part again.
/// </summary>
internal sealed class ConsoleBuffer
{
    /// <summary>How much is kept at least; at most one piece more.</summary>
    public const int Kept = 256 * 1024;

    private const int PieceBytes = 64 * 1024;
    private const string SourceName = "source";
    private const string Extension = ".log";

    private readonly string path;
    private readonly List<long> pieces = [];
    private string? source;
    private long nodeStart;
    private long askedFor = -1;

    /// <summary>Loads what is stored in a folder; the folder is made with the first output.</summary>
    public ConsoleBuffer(string path)
    {
        this.path = path;
        if (!Directory.Exists(path)) return;
        pieces = [
            .. Directory.EnumerateFiles(path, "*" + Extension)
                .Select(file => long.Parse(Path.GetFileNameWithoutExtension(file), CultureInfo.InvariantCulture)).Order()];
        End = pieces.Count == 0 ? 0 : pieces[^1] + new FileInfo(PathOf(pieces[^1])).Length;
        if (new StateFolder(path).Read(SourceName)?.Split('\n') is not [var from, var start, ..]) return;
        (source, nodeStart) = (from, long.Parse(start, CultureInfo.InvariantCulture));
    }

    /// <summary>Offset after the newest byte.</summary>
    public long End { get; private set; }

    /// <summary>Offset of the oldest byte kept.</summary>
    public long Start => pieces.Count == 0 ? End : pieces[0];

    /// <summary>Stores output that begins at <paramref name="offset"/> by the count of <paramref name="from"/>, and returns the offset to
    /// continue from.</summary>
    /// <param name="from">One placement of the guest: a node, and the disk it started from there. The same node counts from zero again
    /// after a hand-over.</param>
    /// <param name="offset">Of the first byte, by that placement's count.</param>
    /// <param name="output">The output.</param>
    /// <exception cref="IOException">It could not be stored; the buffer is as it was, or longer by a part of the output.</exception>
    public long Write(string from, long offset, ReadOnlySpan<byte> output)
    {
        if (source != from) ContinueWith(from, End);
        if (offset > End - nodeStart)
        {
            // After a crash of ours the node still has the earlier output: request it once. What the node has dropped is a gap.
            if (askedFor != End)
            {
                askedFor = End;
                return End - nodeStart;
            }

            ContinueWith(from, End - offset);
        }

        var known = End - nodeStart - offset;
        if (known < output.Length) Append(output[(int)known..]);
        return End - nodeStart;
    }

    /// <summary>At most so many bytes, starting at <paramref name="offset"/> or at the oldest kept; a negative offset means the newest
    /// bytes.</summary>
    public (long Offset, byte[] Bytes) Read(long offset, int atMost)
    {
        var from = offset < 0 ? Math.Max(Start, End - atMost) : Math.Clamp(offset, Start, End);
        var bytes = new byte[(int)Math.Min(atMost, End - from)];
        var read = 0;
        for (var i = 0; i < pieces.Count && read < bytes.Length; i++)
        {
            var end = i + 1 < pieces.Count ? pieces[i + 1] : End;
            if (from + read >= end) continue;
            using var file = File.OpenRead(PathOf(pieces[i]));
            file.Position = from + read - pieces[i];
            var part = (int)Math.Min(bytes.Length - read, end - from - read);
            file.ReadExactly(bytes, read, part);
            read += part;
        }

        return (from, bytes);
    }

    /// <summary>Deletes the folder.</summary>
    public void Delete()
    {
        if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
    }

    private void ContinueWith(string from, long start)
    {
        new StateFolder(path).Write(SourceName, string.Create(CultureInfo.InvariantCulture, $"{from}\n{start}\n"));
        (source, nodeStart) = (from, start);
    }

    private void Append(ReadOnlySpan<byte> output)
    {
        while (!output.IsEmpty)
        {
            if (pieces.Count == 0 || End - pieces[^1] >= PieceBytes) pieces.Add(End);
            var part = output[..(int)Math.Min(output.Length, PieceBytes - (End - pieces[^1]))];
            using (var file = new FileStream(
                PathOf(pieces[^1]),
                OwnerOnly.WhenMade(new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.Write, BufferSize = 0 })))
            {
                // A write that failed half way may have left a part of it there.
                file.SetLength(End - pieces[^1]);
                file.Position = file.Length;
                file.Write(part);
            }

            End += part.Length;
            output = output[part.Length..];
        }

        while (pieces.Count > 1 && End - pieces[1] >= Kept)
        {
            File.Delete(PathOf(pieces[0]));
            pieces.RemoveAt(0);
        }
    }

    private string PathOf(long piece) => Path.Combine(path, piece.ToString("D19", CultureInfo.InvariantCulture) + Extension);
}
