namespace Opportunism.Hypervisors.Cgroups;

/// <summary>Where this machine's cgroup hierarchies are mounted. Never assumed: desktops have v2 at /sys/fs/cgroup, others beside
/// v1.</summary>
/// <param name="Unified">Of version 2, or null.</param>
/// <param name="Cpu">Of version 1 with the cpu controller, or null.</param>
/// <param name="Memory">Of version 1 with the memory controller, or null.</param>
/// <param name="Disk">Of version 1 with the blkio controller, or null.</param>
internal sealed record CgroupMounts(string? Unified, string? Cpu, string? Memory, string? Disk)
{
    /// <summary>Those of the running machine.</summary>
    public static CgroupMounts Find() => Parse(File.ReadAllLines("/proc/self/mountinfo"));

    /// <summary>Those in the lines of a mountinfo file (proc(5)).</summary>
    public static CgroupMounts Parse(IEnumerable<string> mountInfo)
    {
        string? unified = null, cpu = null, memory = null, disk = null;
        foreach (var line in mountInfo)
        {
            // id parent major:minor root mountpoint options [optional...] - type source superoptions
            var halves = line.Split(" - ", 2);
            if (halves.Length != 2) continue;
            var before = halves[0].Split(' ');
            var after = halves[1].Split(' ');
            if (before.Length < 6 || after.Length < 3) continue;
            var path = Unescape(before[4]);
            if (after[0] == "cgroup2") unified ??= path;
            if (after[0] != "cgroup") continue;
            var controllers = after[2].Split(',');
            if (controllers.Contains("cpu")) cpu ??= path;
            if (controllers.Contains("memory")) memory ??= path;
            if (controllers.Contains("blkio")) disk ??= path;
        }

        return new CgroupMounts(unified, cpu, memory, disk);
    }

    // The kernel writes space, tab, newline and backslash as three octal digits.
    private static string Unescape(string path) =>
        path.Replace("\\040", " ", StringComparison.Ordinal).Replace("\\011", "\t", StringComparison.Ordinal)
            .Replace("\\012", "\n", StringComparison.Ordinal).Replace("\\134", "\\", StringComparison.Ordinal);
}
