using System.Globalization;
using System.Runtime.Versioning;
using Opportunism.Benchmarks.Suspend;

namespace Opportunism.Benchmarks.AgentAlone;

/// <summary>What the threads of a process use, also those that end meanwhile:
/// the kernel shows a thread's counts only while it lives.</summary>
/// <remarks>A thread of the runtime's pool lives for 20 s after its last
/// work, so a look every few seconds misses next to nothing.</remarks>
[SupportedOSPlatform("linux")]
internal sealed class ThreadUse(int process)
{
    /// <summary>Longest time between two looks.</summary>
    public static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);

    private Dictionary<string, (long Waits, long Nanoseconds)> seen = [];

    /// <summary>Voluntary context switches since the first look.</summary>
    public long Waits { get; private set; }

    /// <summary>Nanoseconds of CPU time since the first look.</summary>
    public long CpuNanoseconds { get; private set; }

    /// <summary>Looks at all threads; the first look only begins the count.</summary>
    public void Look()
    {
        var now = new Dictionary<string, (long Waits, long Nanoseconds)>();
        foreach (var thread in Directory.EnumerateDirectories($"/proc/{process}/task"))
        {
            try
            {
                var waits = File.ReadLines(Path.Combine(thread, "status"))
                    .First(line => line.StartsWith("voluntary_ctxt_switches:", StringComparison.Ordinal));
                now[thread] = (
                    long.Parse(waits.AsSpan(waits.IndexOf(':', StringComparison.Ordinal) + 1), CultureInfo.InvariantCulture),
                    GuestProcess.CpuOf(thread));
            }
            catch (IOException)
            {
                // It has ended since the folder was read.
            }
        }

        if (seen.Count > 0)
        {
            Waits += now.Sum(thread => thread.Value.Waits - seen.GetValueOrDefault(thread.Key).Waits);
            CpuNanoseconds += now.Sum(thread => thread.Value.Nanoseconds - seen.GetValueOrDefault(thread.Key).Nanoseconds);
        }

        seen = now;
    }
}
