using System.Security.Cryptography;
using Opportunism.Core.Guests;
using Opportunism.Files;

namespace Opportunism.Agent.Guests;

/// <summary>Images and disks that were fetched from the controller: each once, verified, and no larger than announced.</summary>
/// <param name="stateFolder">Where the folders images/ and incoming/ lie.</param>
/// <param name="keepFreeMiB">Disk that is never used.</param>
/// <param name="files">Where they come from.</param>
internal sealed class SiteStore(string stateFolder, int keepFreeMiB, ISiteFiles files)
{
    private const long MiB = 1024 * 1024;

    // Two guests may need the same image; it is fetched once.
    private SemaphoreSlim Fetching { get; } = new(1, 1);

    private string Images => Path.Combine(stateFolder, "images");

    private string Incoming => Path.Combine(stateFolder, "incoming");

    /// <summary>Where a guest's image is or will be.</summary>
    public string ImagePath(GuestSpec spec) => Path.Combine(Images, spec.ImageSha256);

    /// <summary>The image of a guest, fetched where it is not here yet.</summary>
    /// <exception cref="SiteFilesException">It could not be fetched; what has come is kept for the next attempt.</exception>
    public async Task<string> ImageAsync(WantedGuest guest, Action<double> onProgress, CancellationToken cancellationToken)
    {
        var path = ImagePath(guest.Spec);
        await Fetching.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (File.Exists(path)) return path;
            SiteFolder.MakeShared(Images);
            var sha = guest.Spec.ImageSha256;
            await FetchAsync(path + ".part", sha, guest.ImageBytes, offset => files.ReadImageAsync(sha, offset, cancellationToken), onProgress, cancellationToken).ConfigureAwait(false);
            SiteFolder.Share(path + ".part");
            DurableFile.Move(path + ".part", path);
            return path;
        }
        finally
        {
            Fetching.Release();
        }
    }

    /// <summary>The disk that a guest brings along, in a file that may be moved away.</summary>
    /// <exception cref="SiteFilesException">It could not be fetched; what has come is kept for the next attempt.</exception>
    public async Task<string> DiskAsync(WantedGuest guest, Action<double> onProgress, CancellationToken cancellationToken)
    {
        OwnerOnly.MakeFolder(Incoming);
        var (id, sha) = (guest.Spec.Id.Value, guest.DiskSha256);
        var path = Path.Combine(Incoming, $"{id}-{sha}");
        if (!File.Exists(path))
        {
            await FetchAsync(path + ".part", sha, guest.DiskBytes, offset => files.ReadDiskAsync(id, sha, offset, cancellationToken), onProgress, cancellationToken).ConfigureAwait(false);
            DurableFile.Move(path + ".part", path);
        }

        return path;
    }

    /// <summary>A file for a disk that leaves.</summary>
    public string OutgoingPath(GuestSpec spec)
    {
        var folder = Path.Combine(stateFolder, "outgoing");
        OwnerOnly.MakeFolder(folder);
        return Path.Combine(folder, spec.Id.Value);
    }

    /// <summary>Removes what no guest needs any more.</summary>
    public void Tidy(IReadOnlySet<string> imagesInUse, IReadOnlySet<string> guestsHere)
    {
        foreach (var path in FilesIn(Images).Where(path => !imagesInUse.Contains(Path.GetFileNameWithoutExtension(path)))) File.Delete(path);
        foreach (var path in FilesIn(Incoming).Concat(FilesIn(Path.Combine(stateFolder, "outgoing"))))
        {
            var name = Path.GetFileName(path);
            if (!guestsHere.Contains(name[..Math.Min(32, name.Length)])) File.Delete(path);
        }
    }

    /// <summary>SHA-256 of a file as 64 lower-case hexadecimal digits.</summary>
    public static async Task<string> HashAsync(string path, CancellationToken cancellationToken)
    {
        var stream = File.OpenRead(path);
        await using (stream.ConfigureAwait(false))
        {
            return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken).ConfigureAwait(false));
        }
    }

    private async Task FetchAsync(string part, string sha, long bytes, Func<long, IAsyncEnumerable<ReadOnlyMemory<byte>>> read, Action<double> onProgress, CancellationToken cancellationToken)
    {
        var have = File.Exists(part) ? new FileInfo(part).Length : 0;
        if (have > bytes)
        {
            File.Delete(part);
            have = 0;
        }

        var free = new DriveInfo(stateFolder).AvailableFreeSpace;
        if (free < bytes - have + (keepFreeMiB * MiB)) throw new SiteFilesException($"{stateFolder} has {free / MiB} MiB left; {(bytes - have) / MiB} MiB are to be fetched and {keepFreeMiB} MiB kept free. Make room on that disk.");
        var stream = new FileStream(part, FileMode.Append, FileAccess.Write);
        await using (stream.ConfigureAwait(false))
        {
            if (have < bytes)
            {
                await foreach (var chunk in read(have).WithCancellation(cancellationToken).ConfigureAwait(false))
                {
                    have += chunk.Length;
                    if (have > bytes) break;
                    await stream.WriteAsync(chunk, cancellationToken).ConfigureAwait(false);
                    onProgress(bytes == 0 ? 1 : (double)have / bytes);
                }
            }

            await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
            stream.Flush(flushToDisk: true);
        }

        if (have < bytes) throw new SiteFilesException($"The controller sent {have} of {bytes} bytes of {sha}; the rest is asked for later.");
        if (have == bytes && await HashAsync(part, cancellationToken).ConfigureAwait(false) == sha) return;
        File.Delete(part);
        throw new SiteFilesException($"What the controller sent is not {sha}: its size or checksum differs. It was thrown away.");
    }

    private static string[] FilesIn(string folder) => Directory.Exists(folder) ? Directory.GetFiles(folder) : [];
}
