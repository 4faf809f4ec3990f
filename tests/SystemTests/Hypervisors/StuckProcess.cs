using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using Xunit;

namespace Opportunism.SystemTests.Hypervisors;

/// <summary>A process that SIGKILL does not end until it is freed: in the freezer of cgroup v1, in state D. Needs root.</summary>
[SupportedOSPlatform("linux")]
internal sealed class StuckProcess : IDisposable
{
    // The limit of a test: the kernel freezes a process in milliseconds.
    private const int Looks = 1000;

    private readonly string mount;
    private readonly string group;

    public StuckProcess(int pid)
    {
        // Any number of mounts show the same hierarchy.
        mount = Directory.CreateTempSubdirectory("opp-freezer-").FullName;
        Run("mount", "-t", "cgroup", "-o", "freezer", "none", mount);
        group = Path.Combine(mount, "opp-test-stuck-" + pid.ToString(CultureInfo.InvariantCulture));
        Directory.CreateDirectory(group);
        File.WriteAllText(Path.Combine(group, "cgroup.procs"), pid.ToString(CultureInfo.InvariantCulture));
        Set("FROZEN");
    }

    /// <summary>Lets it run, or end if it was killed.</summary>
    public void Free() => Set("THAWED");

    public void Dispose()
    {
        Free();
        // What has not ended goes back to where processes are by default; a group can only be removed when it is empty.
        foreach (var pid in File.ReadAllLines(Path.Combine(group, "cgroup.procs")))
            File.WriteAllText(Path.Combine(mount, "cgroup.procs"), pid);
        Directory.Delete(group);
        Run("umount", mount);
        Directory.Delete(mount);
    }

    private void Set(string state)
    {
        var file = Path.Combine(group, "freezer.state");
        for (var looks = 0; looks < Looks; looks++)
        {
            File.WriteAllText(file, state);
            if (File.ReadAllText(file).Trim() == state) return;
            Thread.Yield();
        }

        Assert.Fail($"{file} is not {state}.");
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}.");
    }
}
