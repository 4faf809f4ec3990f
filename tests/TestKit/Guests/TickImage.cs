using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using System.Security.Cryptography;

namespace Opportunism.TestKit.Guests;

/// <summary>The disk image whose guest prints "tick N" once a second, made by packaging/linux/make-tick-image.</summary>
/// <param name="Path">The image, readable by all users.</param>
/// <param name="Sha256">Its SHA-256.</param>
public sealed record TickImage(string Path, string Sha256)
{
    /// <summary>Memory that the guest needs besides what it dirties.</summary>
    public const int LeastMemoryMiB = 96;

    /// <summary>Makes the image in a folder.</summary>
    [SupportedOSPlatform("linux")]
    public static async Task<TickImage> MakeAsync(
        string folder, int busy = 0, int dirtyMiB = 0, bool disk = false, CancellationToken cancellationToken = default)
    {
        var path = System.IO.Path.Combine(folder, "tick.qcow2");
        List<string> arguments =
            [path, "--busy", busy.ToString(CultureInfo.InvariantCulture), "--dirty", dirtyMiB.ToString(CultureInfo.InvariantCulture)];
        if (disk) arguments.Add("--disk");
        var start = new ProcessStartInfo(System.IO.Path.Combine(RepositoryRoot, "packaging/linux/make-tick-image"), arguments)
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        var complaints = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0) throw new InvalidOperationException($"make-tick-image failed: {await complaints}");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        await using var stream = File.OpenRead(path);
        return new TickImage(path, Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken)));
    }

    /// <summary>The folder of the repository from which these tests were built.</summary>
    internal static string RepositoryRoot
    {
        get
        {
            for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(System.IO.Path.Combine(folder.FullName, "Opportunism.slnx"))) return folder.FullName;
            }

            throw new InvalidOperationException($"{AppContext.BaseDirectory} is not inside the repository.");
        }
    }
}
