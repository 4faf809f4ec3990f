using System.Globalization;
using System.Runtime.Versioning;
using System.Text;
using System.Text.Json;
using Opportunism.Core.Guests;
using Opportunism.Files;
using Opportunism.Hypervisors.Linux;

namespace Opportunism.Hypervisors.Qemu;

/// <summary>Creates, adopts and exports guests' disks. Foreign bytes are parsed only as the guests' user.</summary>
[SupportedOSPlatform("linux")]
internal static class QemuDisks
{
    private const long MiB = 1024 * 1024;

    /// <summary>Why an image or a disk from elsewhere is rejected, or null.</summary>
    public static string? ProblemOf(string path, ImageFormat format)
    {
        if (!File.Exists(path)) return $"{path} is not there. Fetch the image again.";
        if (format == ImageFormat.Raw) return null;
        if (HeaderOf(path) is not { } header)
            return $"{path} is not a qcow2 file of version 2 or 3. Upload the image with its true format.";
        return header.Problem is { } problem ? $"{path} {problem}" : null;
    }

    /// <summary>Creates an empty disk with a backing image, at least as large as the image.</summary>
    public static async Task MakeAsync(
        GuestSpec spec, string imagePath, string diskPath, GuestUser user, IReadOnlyList<string> joins, CancellationToken cancellationToken)
    {
        var imageBytes = spec.ImageFormat == ImageFormat.Raw ? new FileInfo(imagePath).Length : HeaderOf(imagePath)!.Value.VirtualBytes;
        var bytes = Math.Max(imageBytes, spec.DiskMiB * MiB);
        var part = diskPath + ".part";
        // -u: the image is not opened, so nothing foreign is parsed here.
        await RunAsync(
            null,
            [
                "create", "-q", "-u", "-f", "qcow2", "-F", spec.ImageFormat == ImageFormat.Raw ? "raw" : "qcow2", "-b", imagePath, part,
                bytes.ToString(CultureInfo.InvariantCulture)],
            joins, cancellationToken);
        TakeOver(part, diskPath, user);
    }

    /// <summary>Gives a file that was fetched to a guest.</summary>
    public static void Adopt(string from, string diskPath, GuestUser user)
    {
        if (File.GetUnixFileMode(from) is var mode && mode != LinuxFiles.OwnerOnly) File.SetUnixFileMode(from, LinuxFiles.OwnerOnly);
        TakeOver(from, diskPath, user);
    }

    /// <summary>Writes a disk and its backing image to one file.</summary>
    /// <remarks>Paced, and bypassing the page cache where the file system allows it (<paramref name="direct"/>): the owner's files stay in
    /// it.</remarks>
    public static async Task ExportAsync(
        GuestSpec spec, string imagePath, GuestFolder folder, string toPath, GuestUser user, bool direct, long? bytesPerSecond,
        IReadOnlyList<string> joins, CancellationToken cancellationToken)
    {
        // Created beforehand in a folder of root's, so that the guests' user can write only this file.
        var part = folder.ExportPart;
        File.Delete(part);
        File.WriteAllBytes(part, []);
        try
        {
            File.SetUnixFileMode(part, LinuxFiles.OwnerOnly);
            LinuxFiles.ChangeOwner(part, user.Uid, user.Gid);
            await RunAsync(
                user,
                [
                    "convert", "-q", .. ExportArguments(direct, bytesPerSecond), "-O", "qcow2", DiskJson(spec, imagePath, folder, direct),
                    part],
                joins, cancellationToken);
            LinuxFiles.ChangeOwner(part, 0, 0);
            DurableFile.Sync(part);
            DurableFile.Move(part, toPath);
        }
        finally
        {
            File.Delete(part);
        }
    }

    /// <summary>Lets the guests' group read an image, and no other user of the desktop.</summary>
    public static void LetRead(string imagePath, GuestUser user)
    {
        LinuxFiles.ChangeOwner(imagePath, 0, user.Gid);
        File.SetUnixFileMode(imagePath, LinuxFiles.OwnerOnly | UnixFileMode.GroupRead);
    }

    // The source's cache mode is in its description, since -T alone does not apply to the backing image.
    private static string[] ExportArguments(bool direct, long? bytesPerSecond) =>
    [
        .. direct ? new[] { "-t", "none", "-T", "none" } : [],
        .. bytesPerSecond is { } rate ? new[] { "-r", rate.ToString(CultureInfo.InvariantCulture) } : [],
    ];

    private static void TakeOver(string from, string diskPath, GuestUser user)
    {
        LinuxFiles.ChangeOwner(from, user.Uid, user.Gid);
        File.SetUnixFileMode(from, LinuxFiles.OwnerOnly);
        DurableFile.Sync(from);
        DurableFile.Move(from, diskPath);
    }

    /// <summary>A guest's disk as a source for qemu-img.</summary>
    public static string DiskJson(GuestSpec spec, string imagePath, GuestFolder folder, bool direct)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            QemuArguments.WriteDisk(json, spec, imagePath, folder.Disk, direct, readOnly: true);
            json.WriteEndObject();
        }

        return "json:" + Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static Qcow2Header? HeaderOf(string path)
    {
        Span<byte> header = stackalloc byte[Qcow2Header.Length];
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return Qcow2Header.Parse(header[..RandomAccess.Read(file, header, 0)]);
    }

    private static async Task RunAsync(
        GuestUser? user, IReadOnlyList<string> arguments, IReadOnlyList<string> joins, CancellationToken cancellationToken)
    {
        var (exitCode, output) = await QemuLauncher.RunAsync(user, ["qemu-img", .. arguments], joins, cancellationToken);
        if (exitCode != 0)
            throw new IOException($"qemu-img {arguments[0]} failed ({exitCode}): {(output.Length > 300 ? output[..300] : output)}");
    }
}
