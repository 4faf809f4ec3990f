using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text;
using Opportunism.Files;

namespace Opportunism.Hypervisors.Linux;

/// <summary>Folders that survive a power cut, files that belong to another user, and Linux's information about them. Every failure is an
/// <see cref="IOException"/> that names the path.</summary>
[SupportedOSPlatform("linux")]
internal static unsafe class LinuxFiles
{
    public const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    public const UnixFileMode OwnerFolder = OwnerOnly | UnixFileMode.UserExecute;
    public const UnixFileMode GroupMayPass = OwnerFolder | UnixFileMode.GroupExecute;
    public const UnixFileMode AllMayPass = GroupMayPass | UnixFileMode.OtherExecute;

    /// <summary>The end of the name of a folder that is being removed.</summary>
    public const string Gone = ".gone";

    public static void ChangeOwner(string path, uint uid, uint gid)
    {
        if (Libc.ChangeOwner(path, uid, gid) != 0) throw FileFailure.OfLastCall("change the owner of", path);
    }

    /// <summary>Creates the folder with its parents, and sets mode and owner even if it existed.</summary>
    public static void MakeFolder(string path, UnixFileMode mode, uint uid, uint gid)
    {
        Directory.CreateDirectory(path, OwnerFolder);
        File.SetUnixFileMode(path, mode);
        ChangeOwner(path, uid, gid);
    }

    /// <summary>Renames a folder to a name that does not exist, and flushes that to the disk.</summary>
    public static void RenameForGood(string from, string to)
    {
        if (Libc.Rename(from, to) != 0) throw FileFailure.OfLastCall("rename to " + to, from);
        DurableFile.Sync(Path.GetDirectoryName(to)!);
    }

    /// <summary>Removes a folder so that it cannot reappear after a power cut: first one rename, then file by file.</summary>
    public static void RemoveFolderForGood(string path)
    {
        if (!Directory.Exists(path)) return;
        var gone = path + Gone;
        if (Directory.Exists(gone)) DeleteTree(gone);
        RenameForGood(path, gone);
        DeleteTree(gone);
    }

    /// <summary>Deletes a folder with all that is in it, whatever user owns it.</summary>
    public static void DeleteTree(string path)
    {
        try
        {
            Directory.Delete(path, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or ArgumentException or UnauthorizedAccessException)
        {
            // A guest that has taken over its QEMU can nest folders until their path is longer than a path may be. rm goes down step by
            // step.
            using (var rm = Process.Start("rm", ["-rf", "--", path])) rm.WaitForExit();
            if (Directory.Exists(path))
                throw new IOException(
                    $"{path} cannot be deleted: {(exception.Message.Length > 300 ? exception.Message[..300] : exception.Message)}",
                    exception);
        }
    }

    public static bool IsTmpfs(string path)
    {
        Libc.FileSystem fileSystem;
        return Libc.StatFileSystem(path, &fileSystem) == 0 && fileSystem.Type == Libc.TmpfsMagic;
    }

    /// <summary>Space on the file system of the folder, in bytes: total, and free.</summary>
    public static (long Total, long Free) RoomAt(string path)
    {
        Libc.FileSystem fileSystem;
        if (Libc.StatFileSystem(path, &fileSystem) != 0) throw FileFailure.OfLastCall("measure the room at", path);
        var most = (ulong)(long.MaxValue / fileSystem.BlockSize);
        return (
            (long)Math.Min(fileSystem.Blocks, most) * fileSystem.BlockSize,
            (long)Math.Min(fileSystem.BlocksAvailable, most) * fileSystem.BlockSize);
    }

    /// <summary>Space that a file takes on its disk, or in memory on tmpfs, in bytes; 0 if there is no such file.</summary>
    public static long StoredBytes(string path)
    {
        // statx(2) counts in blocks of 512 bytes on every file system.
        const int bytesPerBlock = 512;
        Libc.FileStatus status;
        return Libc.StatFile(Libc.CurrentFolder, path, 0, Libc.StatBlocks, &status) == 0
            ? (long)Math.Min(status.Blocks, long.MaxValue / bytesPerBlock) * bytesPerBlock
            : 0;
    }

    public static long FreeBytes(string path) => RoomAt(path).Free;

    /// <summary>Whether files in the folder can be read and written bypassing the page cache.</summary>
    public static bool AllowsDirectAccess(string folder)
    {
        var probe = Path.Combine(folder, ".direct");
        File.WriteAllBytes(probe, []);
        var fd = Libc.Open(probe, Libc.ReadWrite | Libc.Direct | Libc.CloseOnExec, 0);
        if (fd >= 0) _ = Libc.Close(fd);
        File.Delete(probe);
        return fd >= 0;
    }

    /// <summary>Writes a word to a kernel control file; false if the kernel refuses or the file does not exist.</summary>
    public static bool TryControl(string path, string word)
    {
        var fd = Libc.Open(path, Libc.WriteOnly | Libc.CloseOnExec, 0);
        if (fd < 0) return false;
        var bytes = Encoding.ASCII.GetBytes(word);
        fixed (byte* start = bytes)
        {
            var written = Libc.Pwrite(fd, start, (nuint)bytes.Length, 0);
            _ = Libc.Close(fd);
            return written == bytes.Length;
        }
    }
}
