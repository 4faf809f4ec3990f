using System.Diagnostics;
using System.Runtime.Versioning;
using Opportunism.Hypervisors.Linux;

namespace Opportunism.Hypervisors.Cgroups;

/// <summary>Tests the kernel's freezer on a throw-away process that only uses CPU: whether it is halted, and runs again
/// afterwards.</summary>
[SupportedOSPlatform("linux")]
public sealed class FreezerTrial(string cgroup, TimeProvider time)
{
    // A freezer that needs longer than this is too slow for the owner anyway.
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(2);

    // Longer than a scheduler tick (10 ms at 100 Hz), so that a running process is noticed.
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    /// <summary>Returns how long it took until the process was halted; null with the reason when it was not, or did not run
    /// again.</summary>
    /// <remarks>Takes about a tenth of a second and always leaves nothing behind.</remarks>
    public async Task<(TimeSpan? StillIn, string Sentence)> RunAsync(CancellationToken cancellationToken)
    {
        if (CgroupMounts.Find().Unified is not { } unified)
            return (null, "No cgroup version 2 hierarchy is mounted, so guests could not be frozen. Mount one at /sys/fs/cgroup.");
        var folder = Path.Combine(unified, cgroup);
        try
        {
            Directory.CreateDirectory(folder);
            using var burner =
                Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "echo $$ >\"$1/cgroup.procs\" && while :; do :; done", "sh", folder]))
                ?? throw new IOException("/bin/sh could not be started.");
            try
            {
                return await TryAsync(folder, burner, cancellationToken);
            }
            finally
            {
                LinuxFiles.TryControl(Path.Combine(folder, "cgroup.freeze"), "0");
                burner.Kill();
                await burner.WaitForExitAsync(CancellationToken.None);
                Directory.Delete(folder);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.ComponentModel.Win32Exception)
        {
            return (
                null, $"The brake could not be tried in {folder}: {e.Message}. The agent needs root and a kernel of version 5.2 or newer.");
        }
    }

    private async Task<(TimeSpan? StillIn, string Sentence)> TryAsync(string folder, Process burner, CancellationToken cancellationToken)
    {
        using var freezer = new CgroupFreezer(folder);
        var clock = new FrozenProcess(burner.Id, -1);
        freezer.Publish([clock]);
        if (!await ChangesAsync(freezer, cancellationToken)) return (null, "The throw-away process never ran.");
        var began = time.GetTimestamp();
        if (!freezer.FreezeAll()) return (null, $"The kernel refused to freeze {folder}. The agent needs root.");
        var written = time.GetElapsedTime(began);
        while (time.GetElapsedTime(began) < TimeLimit)
        {
            var stillSince = time.GetElapsedTime(began);
            var before = freezer.GuestCpuNanoseconds();
            await Task.Delay(Look, time, cancellationToken);
            if (freezer.GuestCpuNanoseconds() != before) continue;
            var took = stillSince > written ? stillSince : written;
            freezer.ThawAll();
            return await ChangesAsync(freezer, cancellationToken)
                ? (took, "A busy process was frozen, used no CPU, and ran again when thawed.")
                : (null, "A busy process was frozen but did not run when thawed.");
        }

        return (
            null,
            $"A busy process in {folder} kept running for {TimeLimit.TotalSeconds} s after it was frozen. Guests are halted by signals "
            + "instead; update the kernel.");
    }

    private async Task<bool> ChangesAsync(CgroupFreezer freezer, CancellationToken cancellationToken)
    {
        var before = freezer.GuestCpuNanoseconds();
        var began = time.GetTimestamp();
        while (time.GetElapsedTime(began) < TimeLimit)
        {
            await Task.Delay(Look, time, cancellationToken);
            if (freezer.GuestCpuNanoseconds() > before) return true;
        }

        return false;
    }
}
