using System.Diagnostics;
using System.Runtime.Versioning;
using Opportunism.Hypervisors.Linux;

namespace Opportunism.TestKit.Sites;

/// <summary>Removes what a desktop's guests left on this machine, also when its agent was killed.</summary>
[SupportedOSPlatform("linux")]
internal static class RealRemains
{
    // A killed QEMU frees its memory in 0.2 s per GiB.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Kills these processes and those in the cgroups, then removes cgroups and memory.</summary>
    public static async Task RemoveAsync(string cgroup, string ramFolder, IEnumerable<int> processes)
    {
        var cgroups = CgroupsOf(cgroup);
        foreach (var process in processes.Concat(cgroups.SelectMany(Members)).Distinct()) Kill(process);
        // SIGKILL ends a frozen process only in version 2 of cgroups, so none is left frozen.
        foreach (var freezer in cgroups.Select(path => Path.Combine(path, "cgroup.freeze")).Where(File.Exists))
            await File.WriteAllTextAsync(freezer, "0");
        var began = TimeProvider.System.GetTimestamp();
        while (cgroups.SelectMany(Members).Any() && TimeProvider.System.GetElapsedTime(began) < Patience)
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        foreach (var path in cgroups) Directory.Delete(path);
        GuestMemoryMount.Remove(ramFolder);
    }

    /// <summary>The cgroups in every hierarchy, inner ones first.</summary>
    public static List<string> CgroupsOf(string name) =>
        [.. File.ReadLines("/proc/self/mountinfo")
            .Where(line => line.Contains(" - cgroup", StringComparison.Ordinal))
            .Select(line => Path.Combine(line.Split(' ')[4], name))
            .Where(Directory.Exists)
            .SelectMany(ours => Directory.EnumerateDirectories(ours, "*", SearchOption.AllDirectories).Append(ours))
            .OrderByDescending(path => path.Length)];

    private static IEnumerable<int> Members(string cgroup) =>
        File.ReadAllLines(Path.Combine(cgroup, "cgroup.procs"))
            .Select(line => int.Parse(line, System.Globalization.CultureInfo.InvariantCulture));

    private static void Kill(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            process.Kill();
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            // It has ended meanwhile.
        }
    }
}
