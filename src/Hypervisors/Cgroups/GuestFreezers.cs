using System.Runtime.Versioning;
using Opportunism.Hypervisors.Linux;

namespace Opportunism.Hypervisors.Cgroups;

/// <summary>Freezes this machine's guests from a process that has no information about them except their cgroup: after an agent has ended,
/// or before one starts.</summary>
[SupportedOSPlatform("linux")]
public static class GuestFreezers
{
    /// <summary>The freezer of the guests that are in this cgroup now; null when there is no such cgroup, and so no guest.</summary>
    /// <param name="cgroup">Path below the mount point.</param>
    /// <exception cref="IOException">There is such a cgroup, but it cannot be frozen; the message names it.</exception>
    public static IGuestFreezer? Find(string cgroup)
    {
        if (CgroupMounts.Find().Unified is not { } unified) return null;
        var parent = Path.Combine(unified, cgroup);
        if (!Directory.Exists(parent)) return null;
        var freezer = new CgroupFreezer(parent);
        // Frozen first: what is listed afterwards can start no other process.
        freezer.FreezeAll();
        freezer.Publish([.. Directory.EnumerateDirectories(parent).Prepend(parent).SelectMany(ProcessesIn)]);
        return freezer;
    }

    private static IEnumerable<FrozenProcess> ProcessesIn(string folder)
    {
        foreach (var line in File.ReadAllLines(Path.Combine(folder, "cgroup.procs")))
        {
            // Not disposed: this program ends as soon as the guests are frozen.
            if (int.TryParse(line, out var pid) && LinuxProcess.Find(pid) is { } process)
                yield return new FrozenProcess(process.Pid, process.PidFd);
        }
    }
}
