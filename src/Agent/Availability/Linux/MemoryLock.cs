using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Opportunism.Agent.Platform.Linux.Kernel;

namespace Opportunism.Agent.Availability.Linux;

/// <summary>Keeps the agent's pages in memory (mlockall(2)): on a machine that swaps, the brake must not wait for a page from the
/// disk.</summary>
[SupportedOSPlatform("linux")]
internal static class MemoryLock
{
    /// <summary>Locks every page that is in memory now, and from now on each from its first use; pages that are never used take no
    /// memory.</summary>
    /// <returns>Null when it did; else the kernel's error.</returns>
    public static string? Lock()
    {
        const int Current = 1, Future = 2, OnFault = 4;
        return Libc.LockAll(Current | Future | OnFault) == 0 ? null : Marshal.GetLastPInvokeErrorMessage();
    }
}
