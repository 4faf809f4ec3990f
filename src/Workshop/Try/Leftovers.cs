using System.Runtime.Versioning;
using Opportunism.Workshop.Linux;
using Opportunism.Workshop.Site;

namespace Opportunism.Workshop.Try;

/// <summary>Finds what a site's guests may have left on this machine, and removes it.</summary>
[SupportedOSPlatform("linux")]
internal static class Leftovers
{
    // A killed QEMU frees its memory in 0.2 s per GiB.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Kills the processes in the site's cgroups, removes these and its memory folder; returns how many processes there were, and
    /// what could not be removed.</summary>
    public static async Task<(int Processes, string? Stuck)> EndAsync(SiteSettings settings, TimeProvider time)
    {
        var cgroups = Cgroups(settings.Name);
        var left = cgroups.SelectMany(Processes).Distinct().Count();
        foreach (var kill in cgroups.Select(cgroup => Path.Combine(cgroup, "cgroup.kill")).Where(File.Exists))
            await File.WriteAllTextAsync(kill, "1");
        var began = time.GetTimestamp();
        while (cgroups.Any(cgroup => Processes(cgroup).Length > 0) && time.GetElapsedTime(began) < Patience)
            await Task.Delay(TimeSpan.FromMilliseconds(20), time);
        try
        {
            foreach (var cgroup in cgroups) Directory.Delete(cgroup);
            // A mount of its own, if the agent has run.
            if (Directory.Exists(settings.RamFolder))
            {
                _ = Libc.Unmount(settings.RamFolder, 0);
                Directory.Delete(settings.RamFolder, recursive: true);
            }

            return (left, null);
        }
        catch (IOException e)
        {
            return (left, $"Something of the site could not be removed: {e.Message}");
        }
    }

    /// <summary>The site's cgroups in every hierarchy, inner ones first.</summary>
    private static List<string> Cgroups(string name) =>
        [.. File.ReadLines("/proc/self/mountinfo")
            .Where(line => line.Contains(" - cgroup", StringComparison.Ordinal))
            .Select(line => Path.Combine(line.Split(' ')[4], name))
            .Where(Directory.Exists)
            .SelectMany(ours => Directory.EnumerateDirectories(ours, "*", SearchOption.AllDirectories).Append(ours))
            .OrderByDescending(path => path.Length)];

    private static string[] Processes(string cgroup) => File.ReadAllLines(Path.Combine(cgroup, "cgroup.procs"));
}
