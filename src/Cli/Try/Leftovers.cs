using System.Runtime.Versioning;
using Opportunism.Cli.Site;

namespace Opportunism.Cli.Try;

/// <summary>Looks for what a site's guests may have left on this machine, and removes it.</summary>
[SupportedOSPlatform("linux")]
internal static class Leftovers
{
    /// <summary>Kills what is left in the site's cgroups and removes them and its memory folder; answers how many processes there were.</summary>
    public static int EndGuests(SiteSettings settings)
    {
        var left = 0;
        foreach (var root in File.ReadLines("/proc/self/mountinfo").Where(line => line.Contains(" - cgroup", StringComparison.Ordinal)).Select(line => line.Split(' ')[4]))
        {
            var ours = Path.Combine(root, settings.Name);
            if (!Directory.Exists(ours)) continue;
            foreach (var cgroup in Directory.EnumerateDirectories(ours, "*", SearchOption.AllDirectories).OrderByDescending(path => path.Length).Append(ours))
            {
                var processes = File.ReadAllLines(Path.Combine(cgroup, "cgroup.procs"));
                left += processes.Length;
                if (processes.Length > 0 && File.Exists(Path.Combine(cgroup, "cgroup.kill"))) File.WriteAllText(Path.Combine(cgroup, "cgroup.kill"), "1");
                if (processes.Length == 0) Directory.Delete(cgroup);
            }
        }

        if (Directory.Exists(settings.RamFolder)) Directory.Delete(settings.RamFolder, recursive: true);
        return left;
    }
}
