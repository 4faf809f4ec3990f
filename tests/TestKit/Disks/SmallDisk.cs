using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Opportunism.TestKit.Disks;

/// <summary>A real file system of its own (tmpfs), so small that a test can fill it to the last page. Needs root.</summary>
[SupportedOSPlatform("linux")]
internal sealed partial class SmallDisk : IDisposable
{
    public const int PageBytes = 4096;

    private const int LetGoOfIt = 2; // MNT_DETACH

    /// <param name="kibibytes">Its size.</param>
    /// <param name="folder">Where it is mounted; null for a new folder. Removed with it.</param>
    public SmallDisk(int kibibytes, string? folder = null)
    {
        Folder = folder ?? Directory.CreateTempSubdirectory("opp-disk-").FullName;
        if (Mount("tmpfs", Folder, "tmpfs", 0, $"size={kibibytes}k,mode=755") != 0)
            throw Failure($"mount a tmpfs at {Folder}; run the tests as root");
    }

    /// <summary>Where it is mounted.</summary>
    public string Folder { get; }

    private string Ballast => Path.Combine(Folder, "ballast");

    /// <summary>Pages that are free now.</summary>
    public long FreePages => new DriveInfo(Folder).AvailableFreeSpace / PageBytes;

    /// <summary>Fills the pages that have become free since <see cref="Fill"/>.</summary>
    public void TopUp()
    {
        try
        {
            if (FreePages is > 0 and var pages) File.AppendAllBytes(Ballast, new byte[pages * PageBytes]);
        }
        catch (IOException)
        {
            // Another process has written a page meanwhile: the file system is full.
        }
    }

    /// <summary>Leaves exactly so many pages free.</summary>
    public void Fill(int pagesLeft = 0)
    {
        MakeRoom();
        var pages = FreePages;
        if (pages < pagesLeft) throw new InvalidOperationException($"{Folder} has {pages} pages left, {pagesLeft} are wanted.");
        File.WriteAllBytes(Ballast, new byte[(pages - pagesLeft) * PageBytes]);
    }

    /// <summary>Frees what <see cref="Fill"/> used.</summary>
    public void MakeRoom() => File.Delete(Ballast);

    public void Dispose()
    {
        if (Unmount(Folder, LetGoOfIt) != 0) throw Failure($"unmount {Folder}");
        Directory.Delete(Folder);
    }

    private static IOException Failure(string tried) =>
        new($"Could not {tried}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}.");

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Mount(string source, string target, string type, ulong flags, string options);

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Unmount(string target, int flags);
}
