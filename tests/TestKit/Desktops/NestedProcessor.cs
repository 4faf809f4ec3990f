using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Opportunism.TestKit.Desktops;

/// <summary>The processor of a desktop that is emulated and whose tenant runs with KVM all the same: <c>max</c> has AMD's virtualization.</summary>
/// <remarks>Seen with Debian 12's QEMU 7.2, Ubuntu 24.04's 8.2 and Debian 13's 10.0: 8.2 emulates nested paging in such a way that a tenant never leaves its firmware's first
/// instructions, and boots it without; 10.0 boots it with nested paging only; 7.2 boots it either way.</remarks>
internal static partial class NestedProcessor
{
    private const int WithoutNestedPaging = 8;

    /// <summary>What this machine's QEMU takes for <c>-cpu</c>.</summary>
    public static string Model { get; } = MajorVersion() == WithoutNestedPaging ? "max,npt=off" : "max";

    private static int MajorVersion()
    {
        using var qemu = Process.Start(new ProcessStartInfo("qemu-system-x86_64", ["--version"]) { RedirectStandardOutput = true }) ?? throw new InvalidOperationException("QEMU did not start; install qemu-system-x86.");
        var said = qemu.StandardOutput.ReadToEnd();
        qemu.WaitForExit();
        return Version().Match(said) is { Success: true } match
            ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)
            : throw new InvalidDataException($"qemu-system-x86_64 --version said \"{said.Trim()}\", which names no version.");
    }

    [GeneratedRegex(@"version (\d{1,3})\.")]
    private static partial Regex Version();
}
