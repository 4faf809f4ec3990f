using System.Runtime.Versioning;
using Microsoft.Extensions.Logging.Abstractions;
using Opportunism.Agent.Availability;
using Opportunism.Agent.Availability.Linux;
using Opportunism.Agent.Conditions;
using Opportunism.Agent.Monitors;
using Opportunism.Core;
using Opportunism.Core.Availability;

namespace Opportunism.Benchmarks.Freeze;

/// <summary>From the monitor's wake-up until no guest uses CPU: the agent's own
/// ledger, deciding thread and brake over real, busy QEMU guests.</summary>
[SupportedOSPlatform("linux")]
internal sealed class FreezeBench(int times, TimeProvider time)
{
    private const int Vcpus = 2, MemoryMiB = 128;

    private static readonly int[] Sizes = [8, 4, 1];

    // PowerNap's own default, and what Fogbow shipped.
    private static readonly (string Name, double Seconds, int Pollers)[] Baselines =
        [("powernap-default", 1, 100), ("fogbow-shipped", 30, 100)];

    // Short, since the benchmark plays the owner: quiet for 0.2 s and the guests go on.
    private static readonly AvailabilityTimes Times = new()
    {
        IdleFor = TimeSpan.FromMilliseconds(200),
        ThawAfter = TimeSpan.FromMilliseconds(200),
        EvictAfter = TimeSpan.FromHours(1),
    };

    public async Task RunAsync(BenchReport report, CancellationToken cancellationToken)
    {
        await using var guests = await BusyGuests.MakeAsync(time, cancellationToken);
        // The most first: guests that boot beside busy ones take minutes.
        var running = (
            await Task.WhenAll(
                Enumerable.Range(0, Sizes[0])
                    .Select(_ => guests.StartAsync(Vcpus, MemoryMiB, busy: Vcpus, dirtyMiB: 0, cancellationToken))))
            .ToList();
        foreach (var count in Sizes)
        {
            foreach (var guest in running[count..]) await guests.Hypervisor.DeleteAsync(guest, cancellationToken);
            running = running[..count];
            await MeasureAsync(guests, count, report, cancellationToken);
        }

        foreach (var (name, seconds, pollers) in Baselines)
        {
            var reactions = await PollingBaseline.ReactionsMsAsync(TimeSpan.FromSeconds(seconds), pollers, time);
            report.Add(
                ("baseline", name), ("interval_s", seconds), ("n", pollers),
                ("reaction_ms_p50", BenchReport.Figure(Percentiles.P50(reactions))),
                ("reaction_ms_p99", BenchReport.Figure(Percentiles.P99(reactions))));
        }
    }

    private async Task MeasureAsync(BusyGuests guests, int count, BenchReport report, CancellationToken cancellationToken)
    {
        var freezer = guests.Hypervisor.Freezer;
        using EventFdWakeUp eventFd = new(), publishing = new(), logging = new();
        using var monitor = new PokedMonitor(freezer, time);
        var path = new CountingPath(eventFd, freezer, time);
        var ledger = new ActivityLedger(time);
        var watch = new MonitorWatch([monitor], ledger, time, NullLogger<MonitorWatch>.Instance);
        var brake = new GuestBrake(path, BrakeTimes.Default, time, ShortPause.For);
        var log = new DecisionLog(logging, NullLogger<DecisionLog>.Instance);
        var loop = new AvailabilityLoop(
            ledger, watch, new ConditionSet([]), brake, guests.Hypervisor, new Level<NodeFlags>(new(false, Times)), path, time, publishing,
            log);
        ledger.Woken = loop;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watching = watch.RunAsync(end.Token);
        var thread = new Thread(() => loop.Run(end.Token)) { Name = "availability" };
        thread.Start();
        using var decided = new CancellationTokenSource();
        Thread[] after = [
            new(() => loop.Publisher.Run(decided.Token)) { Name = "publisher" },
            new(() => log.Run(decided.Token)) { Name = "decision log" }];
        foreach (var one in after) one.Start();

        var random = new Random(count);
        List<double> quiet = [], leaked = [];
        long allocated = 0;
        for (var i = 0; i < times; i++)
        {
            await UntilAsync(loop, NodeState.Available, end.Token);
            await Task.Delay(TimeSpan.FromMilliseconds(50 + random.Next(100)), time, end.Token);
            monitor.Poke();
            await UntilAsync(loop, NodeState.Frozen, end.Token);
            if (loop.LastFreeze.Current.Result.Brake != Brake.Freeze)
                throw new InvalidOperationException($"The freezer missed its deadline with {count} guests.");
            quiet.Add(time.GetElapsedTime(monitor.WokenAt, path.LastMovedAt).TotalMilliseconds);
            leaked.Add((freezer.GuestCpuNanoseconds() - monitor.GuestCpuAtWake) / 1e6);
            allocated = Math.Max(allocated, path.Allocated + monitor.Allocated);
        }

        await end.CancelAsync();
        thread.Join();
        await decided.CancelAsync();
        foreach (var one in after) one.Join();
        await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var deaths = await new DeathOfAgent(guests, time).GapsAsync(times, cancellationToken);
        freezer.ThawAll();
        report.Add(
            ("guests", count), ("n", times),
            ("quiet_ms_p50", BenchReport.Figure(Percentiles.P50(quiet))), ("quiet_ms_p99", BenchReport.Figure(Percentiles.P99(quiet))),
            ("leaked_ms_p50", BenchReport.Figure(Percentiles.P50(leaked))), ("leaked_ms_p99", BenchReport.Figure(Percentiles.P99(leaked))),
            ("death_ms_p50", BenchReport.Figure(Percentiles.P50(deaths))), ("death_ms_p99", BenchReport.Figure(Percentiles.P99(deaths))),
            ("allocated_bytes", allocated), ("step_allocated_bytes", path.StepAllocated));
    }

    private static async Task UntilAsync(AvailabilityLoop loop, NodeState state, CancellationToken cancellationToken)
    {
        var status = loop.Status.Current;
        while (status.State != state) status = await loop.Status.NewerThanAsync(status, cancellationToken);
    }
}
