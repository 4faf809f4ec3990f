using Opportunism.Files;

namespace Opportunism.Server.Content;

/// <summary>A folder of large files, written whole and read in pieces.</summary>
public sealed class ContentFolder
{
    private const string Unfinished = ".part";
    private readonly string path;
    private readonly long keepFreeBytes;
    private long reserved;

    /// <summary>Opens a folder, which is created when there is none, and removes unfinished files.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="keepFreeBytes">Free space that reservations leave on its disk.</param>
    public ContentFolder(string path, long keepFreeBytes)
    {
        this.path = OwnerOnly.MakeFolder(path);
        this.keepFreeBytes = keepFreeBytes;

        // The sender begins a transfer again that a crash interrupted.
        foreach (var part in Directory.EnumerateFiles(path, "*" + Unfinished)) File.Delete(part);
    }

    /// <summary>Names of the finished files.</summary>
    public IEnumerable<string> Names =>
        Directory.EnumerateFiles(path).Select(Path.GetFileName).OfType<string>()
        .Where(name => !name.EndsWith(Unfinished, StringComparison.Ordinal));

    /// <summary>Path of the file with that name.</summary>
    public string PathOf(string name) => Path.Combine(path, name);

    /// <summary>Length of a file, or null when there is none.</summary>
    public long? LengthOf(string name) => new FileInfo(PathOf(name)) is { Exists: true } file ? file.Length : null;

    /// <summary>Reserves disk space for a transfer; false when there is not enough. Every true is followed by
    /// <see cref="Release"/>.</summary>
    public bool TryReserve(long bytes)
    {
        var free = new DriveInfo(path).AvailableFreeSpace;
        if (Interlocked.Add(ref reserved, bytes) + keepFreeBytes <= free) return true;
        Release(bytes);
        return false;
    }

    /// <summary>Returns what <see cref="TryReserve"/> reserved.</summary>
    public void Release(long bytes) => Interlocked.Add(ref reserved, -bytes);

    /// <summary>Begins a file that has no name yet.</summary>
    public ContentWriter NewFile() => new(Path.Combine(path, Guid.NewGuid().ToString("N") + Unfinished));

    /// <summary>Opens a file at an offset; null when there is none or it is shorter.</summary>
    public FileStream? Open(string name, long offset)
    {
        try
        {
            var file = new FileStream(
                PathOf(name),
                new FileStreamOptions
                {
                    Access = FileAccess.Read,
                    Share = FileShare.Read | FileShare.Delete,
                    Options = FileOptions.Asynchronous | FileOptions.SequentialScan,
                    BufferSize = 0,
                });
            if (offset <= file.Length)
            {
                file.Position = offset;
                return file;
            }

            file.Dispose();
            return null;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Deletes a file; nothing happens when there is none.</summary>
    public void Delete(string name) => File.Delete(PathOf(name));
}
