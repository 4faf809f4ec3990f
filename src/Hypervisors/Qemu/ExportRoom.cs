using System.Runtime.Versioning;
using System.Text.Json;
using Opportunism.Hypervisors.Linux;

namespace Opportunism.Hypervisors.Qemu;

/// <summary>Rejects the export of a disk if that would use the reserve.</summary>
[SupportedOSPlatform("linux")]
internal static class ExportRoom
{
    private const long MiB = 1024 * 1024;

    /// <exception cref="IOException">There is too little room, or how much is needed cannot be determined.</exception>
    public static async Task CheckAsync(QemuGuest guest, QemuHost host, CancellationToken cancellationToken)
    {
        var disk = QemuDisks.DiskJson(guest.Spec, guest.Record.ImagePath, guest.Folder, host.Machine.DirectDisk);
        // As the guests' user: a foreign image is parsed.
        var (exitCode, answer) = await QemuLauncher.RunAsync(
            host.UserOf(guest), ["qemu-img", "measure", "--output", "json", "-O", "qcow2", disk], host.Cgroups.MakeWork(),
            cancellationToken);
        if (exitCode != 0 || RequiredBytes(answer) is not { } needed)
            throw new IOException(
                $"qemu-img measure failed for the disk of guest {guest.Id} ({exitCode}): {(answer.Length > 300 ? answer[..300] : answer)}");
        long kept = host.Settings.KeepFreeMiB;
        if (LinuxFiles.FreeBytes(guest.Folder.Root) >= needed + (kept * MiB)) return;
        throw new IOException(
            $"{host.Settings.StateFolder} has no room to export the disk of guest {guest.Id}, which needs {(needed + MiB - 1) / MiB} MiB "
                + $"beside the {kept} MiB that are kept free ([Guests] KeepFreeMiB). "
            + "Make room on that disk.");
    }

    private static long? RequiredBytes(string answer)
    {
        try
        {
            using var document = JsonDocument.Parse(answer);
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("required"u8, out var required)
                && required.ValueKind == JsonValueKind.Number && required.TryGetInt64(out var bytes)
                    && bytes is >= 0 and < long.MaxValue / 2
                    ? bytes
                    : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
