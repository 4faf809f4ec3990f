using System.Runtime.Versioning;
using Opportunism.Hypervisors.Qemu;

namespace Opportunism.TestKit.Desktops;

/// <summary>The processor of a desktop that is emulated and whose tenant nevertheless uses KVM: <c>max</c> has AMD's
/// virtualization.</summary>
/// <remarks>Measured with the QEMU of Debian 12 (7.2), Ubuntu 24.04 (8.2) and Debian 13 (10.0): with 8.2 and nested paging a tenant never
/// gets past its firmware's first instructions, without it boots; with 10.0 it boots only with nested paging; with 7.2 it boots either
/// way.</remarks>
[SupportedOSPlatform("linux")]
internal static class NestedProcessor
{
    /// <summary>The value of <c>-cpu</c> for this machine's QEMU.</summary>
    public static async Task<string> ModelAsync() =>
        (await QemuProbe.VersionAsync("qemu-system-x86_64", CancellationToken.None)).StartsWith("8.",
            StringComparison.Ordinal) ? "max,npt=off" : "max";
}
