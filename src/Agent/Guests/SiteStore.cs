using System.Security.Cryptography;
using Opportunism.Agent.Transfers;
using Opportunism.Core.Guests;
using Opportunism.Files;

namespace Opportunism.Agent.Guests;

/// <summary>Images and disks that were fetched from the controller: each once, verified, and no larger than announced.</summary>
/// <param name="stateFolder">Where the folders images/ and incoming/ are.</param>
/// <param name="keepFreeMiB">Disk that is never used.</param>
/// <param name="files">Fetches them.</param>
/// <param name="fileHash">Hashes what had arrived before.</param>
internal sealed class SiteStore(string stateFolder, int keepFreeMiB, ISiteFiles files, FileHash fileHash)
{
    private const long MiB = 1024 * 1024;

    // Two guests may need the same image; it is fetched once.
    private SemaphoreSlim Fetching { get; } = new(1, 1);

    private string Images => Path.Combine(stateFolder, "images");

    private string Incoming => Path.Combine(stateFolder, "incoming");

    /// <summary>Where a guest's image is or will be.</summary>
    public string ImagePath(GuestSpec spec) => Path.Combine(Images, spec.ImageSha256);

    /// <summary>The image of a guest, fetched if it is not here yet.</summary>
    /// <exception cref="SiteFilesException">It could not be fetched; what has arrived is kept for the next attempt.</exception>
    public async Task<string> ImageAsync(WantedGuest guest, Action<double> onProgress, CancellationToken cancellationToken)
    {
        var path = ImagePath(guest.Spec);
        await Fetching.WaitAsync(cancellationToken);
        try
        {
            if (File.Exists(path)) return path;
            // The hypervisor decides who may read there: its own user, and no other user of the desktop.
            Directory.CreateDirectory(Images);
            var sha = guest.Spec.ImageSha256;
            await FetchAsync(
                path + ".part", sha, guest.ImageBytes, offset => files.ReadImageAsync(sha, offset, cancellationToken), onProgress,
                cancellationToken);
            DurableFile.Move(path + ".part", path);
            return path;
        }
        finally
        {
            Fetching.Release();
        }
    }

    /// <summary>The disk that a guest brings along, in a file that may be moved away.</summary>
    /// <exception cref="SiteFilesException">It could not be fetched; what has arrived is kept for the next attempt.</exception>
    public async Task<string> DiskAsync(WantedGuest guest, Action<double> onProgress, CancellationToken cancellationToken)
    {
        OwnerOnly.MakeFolder(Incoming);
        var (id, sha) = (guest.Spec.Id.Value, guest.DiskSha256);
        var path = Path.Combine(Incoming, NameOf(guest));
        if (!File.Exists(path))
        {
            await FetchAsync(
                path + ".part", sha, guest.DiskBytes, offset => files.ReadDiskAsync(id, sha, offset, cancellationToken), onProgress,
                cancellationToken);
            DurableFile.Move(path + ".part", path);
        }

        return path;
    }

    /// <summary>A file for a disk that leaves this node.</summary>
    public string OutgoingPath(GuestSpec spec)
    {
        var folder = Path.Combine(stateFolder, "outgoing");
        OwnerOnly.MakeFolder(folder);
        return Path.Combine(folder, spec.Id.Value);
    }

    /// <summary>Removes what no guest needs any more. A partly fetched disk is kept as long as its guest is to come with exactly that
    /// disk.</summary>
    public void Tidy(IReadOnlySet<string> imagesInUse, IReadOnlyCollection<WantedGuest> arriving, IReadOnlySet<string> guestsHere)
    {
        foreach (var path in FilesIn(Images).Where(path => !imagesInUse.Contains(Path.GetFileNameWithoutExtension(path))))
            File.Delete(path);
        var disks = arriving.Where(guest => guest.DiskSha256.Length > 0).Select(NameOf).ToHashSet();
        foreach (var path in FilesIn(Incoming).Where(path => !disks.Contains(Path.GetFileNameWithoutExtension(path)))) File.Delete(path);
        foreach (var path in FilesIn(Path.Combine(stateFolder, "outgoing")).Where(path => !guestsHere.Contains(Path.GetFileName(path))))
            File.Delete(path);
    }

    /// <summary>Fetches what is missing of a file and checks the whole: new data is hashed as it arrives, data from before is read
    /// once.</summary>
    private async Task FetchAsync(
        string part, string sha, long bytes, Func<long, IAsyncEnumerable<ReadOnlyMemory<byte>>> read, Action<double> onProgress,
        CancellationToken cancellationToken)
    {
        using var stream = new FileStream(
            part,
            OwnerOnly.WhenMade(
                new FileStreamOptions
                {
                    Mode = FileMode.OpenOrCreate,
                    Access = FileAccess.ReadWrite,
                    Share = FileShare.None,
                    BufferSize = 0,
                }));
        var file = stream.SafeFileHandle;
        var have = RandomAccess.GetLength(file);
        if (have > bytes) RandomAccess.SetLength(file, have = 0);
        CheckRoom(bytes - have);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await fileHash.AddAsync(hash, file, have, cancellationToken);
        if (have < bytes)
        {
            var dropped = have;
            await foreach (var chunk in read(have).WithCancellation(cancellationToken))
            {
                if (have + chunk.Length > bytes)
                {
                    have = long.MaxValue;
                    break;
                }

                RandomAccess.Write(file, chunk.Span, have);
                hash.AppendData(chunk.Span);
                have += chunk.Length;
                onProgress((double)have / bytes);
                if (have - dropped < PageCache.StepBytes) continue;
                // The owner may have filled the disk since.
                CheckRoom(bytes - have);
                PageCache.Drop(file, dropped, have - dropped, written: true);
                dropped = have;
            }

            PageCache.Drop(file, dropped, 0, written: true);
        }

        if (have < bytes) throw new SiteFilesException($"The controller sent {have} of {bytes} bytes of {sha}; the rest is fetched later.");
        if (have == bytes && FileHash.Text(hash) == sha) return;
        File.Delete(part);
        throw new SiteFilesException(
            $"What the controller sent is not {sha}: its size or checksum differs. It was deleted; fetching it again.");
    }

    private void CheckRoom(long bytes)
    {
        var free = new DriveInfo(stateFolder).AvailableFreeSpace;
        if (free >= bytes + (keepFreeMiB * MiB)) return;
        throw new SiteFilesException(
            $"{stateFolder} has no room for {(bytes + MiB - 1) / MiB} MiB that are to be fetched beside the {keepFreeMiB} MiB that are "
                + "kept free ([Guests] KeepFreeMiB). Make room on that disk.");
    }

    private static string NameOf(WantedGuest guest) => $"{guest.Spec.Id}-{guest.DiskSha256}";

    private static string[] FilesIn(string folder) => Directory.Exists(folder) ? Directory.GetFiles(folder) : [];
}
