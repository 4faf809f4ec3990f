using System.Diagnostics;
using System.Runtime.Versioning;
using Opportunism.TestKit.Sites;

namespace Opportunism.Benchmarks.Freeze;

/// <summary>How long guests run on after the agent's process was killed, where its supervisor
/// runs <c>Opportunism.Agent freeze</c> as soon as it learns of the death.</summary>
/// <remarks>The supervisor is this process and the one that dies a stand-in:
/// what systemd itself takes between the two is not in it.</remarks>
[SupportedOSPlatform("linux")]
internal sealed class DeathOfAgent(BusyGuests guests, TimeProvider time)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(1);

    /// <summary>Kills, freezes and looks, again and again.</summary>
    /// <returns>From each kill until no guest used the CPU any more, in ms.</returns>
    public async Task<IReadOnlyList<double>> GapsAsync(int times, CancellationToken cancellationToken)
    {
        var settings = Path.Combine(guests.Settings.StateFolder, "freeze.ini");
        await File.WriteAllTextAsync(settings, $"[Guests]\nCgroup = {guests.Settings.Cgroup}\n", cancellationToken);
        var random = new Random(times);
        List<double> gaps = [];
        for (var i = 0; i < times; i++)
        {
            guests.Hypervisor.Freezer.ThawAll();
            using var standIn = Process.Start("/bin/sleep", "infinity");
            await Task.Delay(TimeSpan.FromMilliseconds(50 + random.Next(100)), time, cancellationToken);
            var killed = time.GetTimestamp();
            standIn.Kill();
            await standIn.WaitForExitAsync(cancellationToken);
            using var freeze = Process.Start(RealSite.AgentProgram, ["freeze", "--settings", settings]);
            var stood = await StoodStillAtAsync(freeze, cancellationToken);
            if (freeze.ExitCode != 0) throw new InvalidOperationException($"{RealSite.AgentProgram} freeze ended with {freeze.ExitCode}.");
            gaps.Add(time.GetElapsedTime(killed, stood).TotalMilliseconds);
        }

        return gaps;
    }

    /// <summary>Looks until the command has ended.</summary>
    /// <returns>When guests were seen to have used the CPU last.</returns>
    private async Task<long> StoodStillAtAsync(Process freeze, CancellationToken cancellationToken)
    {
        long used = 0, at = 0;
        for (var ended = false; !ended;)
        {
            ended = freeze.HasExited;
            var now = guests.Hypervisor.Freezer.GuestCpuNanoseconds();
            if (now != used) (used, at) = (now, time.GetTimestamp());
            await Task.Delay(Look, time, cancellationToken);
        }

        return at;
    }
}
