using System.Runtime.Versioning;
using Opportunism.Hypervisors;

namespace Opportunism.Benchmarks.Owner;

/// <summary>What an owner feels of guests that run on the same machine, and of a machine
/// that was lent: each figure alone and beside them, in turn, in the same run.</summary>
/// <remarks>
/// Two guests of 2 busy vCPUs each, which also write to their disks 50 times a second and send
/// packets as fast as they are replied to. "Alone" they are frozen: they keep their memory and
/// use nothing else. The first minute back is measured last, over five visits, each against the same wait without guests.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed class OwnerBench(int rounds, TimeSpan lent, TimeProvider time)
{
    private const int Guests = 2, Vcpus = 2, MemoryMiB = 512, DirtyMiB = 256, Visits = 5;

    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(1);

    public async Task RunAsync(BenchReport report, CancellationToken cancellationToken)
    {
        await using var guests = await BusyGuests.MakeAsync(time, cancellationToken);
        var folder = Path.Combine(guests.Settings.StateFolder, "owner");
        Directory.CreateDirectory(folder);
        using (var work = new OwnerWork(folder, time))
        {
            await StartAsync(guests, cancellationToken);
            var (alone, beside) = (new OwnerFigures(), new OwnerFigures());
            for (var round = 0; round < rounds; round++)
            {
                guests.Hypervisor.Freezer.FreezeAll();
                await Task.Delay(Settle, time, cancellationToken);
                work.Measure(alone, cancellationToken);
                guests.Hypervisor.Freezer.ThawAll();
                await Task.Delay(Settle, time, cancellationToken);
                work.Measure(beside, cancellationToken);
            }

            Add(report, "cpu_share", Percentiles.P50(alone.CpuShare), Percentiles.P50(beside.CpuShare));
            Add(report, "wake_up_ms_p50", Percentiles.P50(alone.WakeUps), Percentiles.P50(beside.WakeUps));
            Add(report, "wake_up_ms_p99", Percentiles.P99(alone.WakeUps), Percentiles.P99(beside.WakeUps));
            Add(report, "wake_up_ms_p999", Percentiles.P999(alone.WakeUps), Percentiles.P999(beside.WakeUps));
            Add(report, "frames_missed_percent", 100 * alone.Missed, 100 * beside.Missed);
            Add(report, "read_4k_ms_p99", Percentiles.P99(alone.Reads), Percentiles.P99(beside.Reads));
            Add(report, "write_fdatasync_ms_p99", Percentiles.P99(alone.Writes), Percentiles.P99(beside.Writes));
        }

        foreach (var guest in guests.Hypervisor.Guests.Select(guest => guest.Id).ToArray())
            await DoneAsync(guests.Hypervisor.DeleteAsync(guest, cancellationToken));
        using var minute = new FirstMinute(folder, time);
        List<double> files = [], filesLent = [], memory = [], memoryLent = [];
        for (var visit = 0; visit < Visits; visit++)
        {
            var notLent = await minute.BackAfterAsync(lent, () => Task.CompletedTask, () => Task.CompletedTask, cancellationToken);
            var wasLent = await minute.BackAfterAsync(
                lent, () => StartAsync(guests, cancellationToken), () => SuspendAsync(guests, cancellationToken), cancellationToken);
            files.Add(notLent.FilesMs);
            filesLent.Add(wasLent.FilesMs);
            memory.Add(notLent.MemoryMs);
            memoryLent.Add(wasLent.MemoryMs);
            foreach (var guest in guests.Hypervisor.Guests.Select(guest => guest.Id).ToArray())
                await DoneAsync(guests.Hypervisor.DeleteAsync(guest, cancellationToken));
            guests.Hypervisor.Freezer.ThawAll();
        }

        Add(report, "first_minute_files_ms", Percentiles.P50(files), Percentiles.P50(filesLent));
        Add(report, "first_minute_memory_ms", Percentiles.P50(memory), Percentiles.P50(memoryLent));
    }

    private static async Task StartAsync(BusyGuests guests, CancellationToken cancellationToken)
    {
        for (var i = 0; i < Guests; i++)
            await guests.StartAsync(Vcpus, MemoryMiB, Vcpus, DirtyMiB, cancellationToken, everySeconds: "0.02", disk: true, network: true);
    }

    /// <summary>As the agent does for an owner who stays.</summary>
    private static async Task SuspendAsync(BusyGuests guests, CancellationToken cancellationToken)
    {
        guests.Hypervisor.Freezer.FreezeAll();
        await DoneAsync(guests.Hypervisor.HoldAllAsync(cancellationToken));
        foreach (var guest in guests.Hypervisor.Guests.Select(guest => guest.Id).ToArray())
            await DoneAsync(guests.Hypervisor.SuspendAsync(guest, cancellationToken));
    }

    private static void Add(BenchReport report, string measure, double alone, double beside) =>
        report.Add(
            ("measure", measure), ("alone", BenchReport.Figure(alone)), ("beside", BenchReport.Figure(beside)),
            ("ratio", alone > 0 ? BenchReport.Figure(beside / alone) : null));

    private static async Task DoneAsync(Task<GuestAnswer> asked)
    {
        var answer = await asked;
        if (!answer.IsDone) throw new InvalidOperationException(answer.Sentence);
    }
}
