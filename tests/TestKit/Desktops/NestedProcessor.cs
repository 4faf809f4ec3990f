using System.Runtime.Versioning;
using Opportunism.Hypervisors.Qemu;

namespace Opportunism.TestKit.Desktops;

/// <summary>The processor of a desktop that is emulated and whose tenant runs
/// with KVM all the same: <c>max</c> has AMD's virtualization.</summary>
/// <remarks>Seen with Debian 12's QEMU 7.2, Ubuntu 24.04's 8.2 and Debian 13's 10.0: 8.2
/// emulates nested paging in such a way that a tenant never leaves its firmware's first
/// instructions, and boots it without; 10.0 boots it with nested paging only; 7.2 boots it either way.</remarks>
[SupportedOSPlatform("linux")]
internal static class NestedProcessor
{
    /// <summary>What this machine's QEMU takes for <c>-cpu</c>.</summary>
    public static async Task<string> ModelAsync() =>
        (await QemuProbe.VersionAsync("qemu-system-x86_64", CancellationToken.None)).StartsWith("8.",
            StringComparison.Ordinal) ? "max,npt=off" : "max";
}
