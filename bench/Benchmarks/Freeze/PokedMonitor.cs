using System.Runtime.Versioning;
using Opportunism.Agent.Monitors;
using Opportunism.Agent.Platform.Linux.Kernel;
using Opportunism.Hypervisors;

namespace Opportunism.Benchmarks.Freeze;

/// <summary>A monitor whose thread sleeps in the kernel like the real ones, and is woken by the benchmark instead of a device.</summary>
[SupportedOSPlatform("linux")]
internal sealed class PokedMonitor(IGuestFreezer freezer, TimeProvider time) : IActivityMonitor, IDisposable
{
    private static readonly MonitorStatus Sight = new(1, Blind: false, "the benchmark", []);
    private readonly WakeEvent poke = new();

    public string Name => "poked";

    /// <summary>When the monitor's thread ran after the last poke.</summary>
    public long WokenAt { get; private set; }

    /// <summary>What the guests had used by then.</summary>
    public long GuestCpuAtWake { get; private set; }

    /// <summary>Bytes allocated by telling the ledger.</summary>
    public long Allocated { get; private set; }

    public void Poke() => poke.Set();

    public Task WatchAsync(IActivitySink activity, CancellationToken cancellationToken)
    {
        using var stop = cancellationToken.UnsafeRegister(static monitor => ((PokedMonitor)monitor!).Poke(), this);
        activity.SightChanged(Sight);
        Libc.PollEntry[] entries = [new() { Descriptor = poke.Descriptor, Events = Libc.POLLIN }];
        while (true)
        {
            Libc.Wait(entries, -1);
            poke.Reset();
            if (cancellationToken.IsCancellationRequested) return Task.CompletedTask;
            WokenAt = time.GetTimestamp();
            GuestCpuAtWake = freezer.GuestCpuNanoseconds();
            var before = GC.GetAllocatedBytesForCurrentThread();
            activity.Seen();
            Allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    public Task<MonitorStatus> LookAsync(CancellationToken cancellationToken) => Task.FromResult(Sight);

    public void Dispose() => poke.Dispose();
}
