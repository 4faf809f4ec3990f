using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Opportunism.Core;
using Opportunism.Core.Guests;
using Opportunism.Hypervisors;
using Opportunism.Hypervisors.Qemu;
using Opportunism.TestKit.Guests;

namespace Opportunism.Benchmarks.Suspend;

/// <summary>Holding, saving, giving memory back and going on, with real QEMU guests that write to most of their memory.</summary>
/// <remarks>
/// Once each time: the guest is frozen, held and released, which shows how long it takes to its next tick when nothing of it was away;
/// it is held again; its checkpoint is made at the owner's pace while an owner writes; it is suspended with
/// the checkpoint ready and resumed; then held again, suspended with nothing of it on disk, loaded as in the countdown, and resumed; then,
/// when it has changed a part of its memory, held, suspended and resumed once more.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed class SuspendBench(int times, IReadOnlyList<int> sizesMiB, TimeProvider time)
{
    /// <summary>Memory of the guests that are measured unless others are named, in MiB.</summary>
    public static IReadOnlyList<int> DefaultSizesMiB { get; } = [256, 1024];

    // A guest's kernel and programs take this much besides what it fills.
    private const int UnfilledMiB = 100;

    // What a guest changes each second, at most.
    private const int ChangedMiB = 256;

    // So that the wait for the tick is the guest's going on and not its sleeping.
    private const string TickEverySeconds = "0.05";

    // The pace of the agent's own default ([Guests] CheckpointBytesPerSecond).
    private const long Pace = 100_000_000;

    private static readonly TimeSpan Running = TimeSpan.FromSeconds(1), Writing = TimeSpan.FromSeconds(60),
    Look = TimeSpan.FromMilliseconds(2), Still = TimeSpan.FromMilliseconds(20);

    public async Task RunAsync(BenchReport report, CancellationToken cancellationToken)
    {
        await using var guests = await BusyGuests.MakeAsync(time, cancellationToken);
        foreach (var memoryMiB in sizesMiB)
        {
            // 80 % of memory, what its kernel and programs take included.
            var dirtyMiB = Math.Min(memoryMiB - UnfilledMiB, memoryMiB * 780 / 1024);
            var guest = await guests.StartAsync(
                1, memoryMiB, busy: 0, dirtyMiB, cancellationToken, TickEverySeconds, changeMiB: Math.Min(ChangedMiB, dirtyMiB / 3));
            await MeasureAsync(guests, guest, memoryMiB, report, cancellationToken);
            await guests.Hypervisor.DeleteAsync(guest, cancellationToken);
        }
    }

    private async Task MeasureAsync(
        BusyGuests guests, GuestId guest, int memoryMiB, BenchReport report, CancellationToken cancellationToken)
    {
        var hypervisor = guests.Hypervisor;
        GuestStatus Status() => hypervisor.Guests.Single(status => status.Id == guest);
        List<double> leaked = [], saved = [], ready = [], unready = [], returned = [], resumed = [], written = [], dirty = [];
        List<double> loading = [], loaded = [], running = [], unloaded = [], changed = [], changedMiB = [], overhead = [], released = [];
        var folder = new GuestFolder(guests.Settings.StateFolder, guests.Settings.RamFolder, guest);

        var process = GuestProcess.Of(guest, guests.Settings);
        var before = process.WrittenBytes;
        await Task.Delay(Writing, time, cancellationToken);
        var ramWritten = process.WrittenBytes - before;

        for (var i = 0; i < times; i++)
        {
            leaked.Add(await HoldAsync(guests, guest, cancellationToken));
            released.Add(await TickAfterAsync(guests, guest, hypervisor.ReleaseAsync, cancellationToken));

            leaked.Add(await HoldAsync(guests, guest, cancellationToken));
            var saving = DoneAsync(hypervisor.CheckpointAsync(guest, Pace, cancellationToken));
            written.AddRange(await OwnerWriter.WriteDuringAsync(saving, Path.Combine(guests.Settings.StateFolder, "owner"), time));
            saved.Add(Status().LastStateSave!.Value.TotalMilliseconds);
            dirty.Add(Status().CheckpointMiB);
            ready.Add(await TimedAsync(() => hypervisor.SuspendAsync(guest, cancellationToken)));
            returned.Add(Status().LastMemoryReturnMiB);
            resumed.Add(await TickAfterAsync(guests, guest, hypervisor.ResumeAsync, cancellationToken));

            leaked.Add(await HoldAsync(guests, guest, cancellationToken));
            // As for a guest that leaves for the first time.
            File.Delete(Path.Combine(folder.Held, GuestCheckpoints.MemoryFile));
            unready.Add(await TimedAsync(() => hypervisor.SuspendAsync(guest, cancellationToken)));
            await DoneAsync(hypervisor.LoadAsync(guest, cancellationToken));
            hypervisor.Freezer.FreezeAll(); // as the deciding thread does at an activity
            unloaded.Add(await TimedAsync(() => hypervisor.UnloadAsync(guest, cancellationToken)));
            loading.Add(await TimedAsync(() => hypervisor.LoadAsync(guest, cancellationToken)));
            loaded.Add(await TickAfterAsync(guests, guest, hypervisor.ResumeAsync, cancellationToken));
            running.Add(Status().LastResume!.Value.TotalMilliseconds);

            var hashes = await File.ReadAllBytesAsync(Path.Combine(folder.Held, GuestCheckpoints.HashesFile), cancellationToken);
            await ChangedAsync(guests, guest, cancellationToken);
            leaked.Add(await HoldAsync(guests, guest, cancellationToken));
            before = DiskWrites.BytesHere;
            changed.Add(await TimedAsync(() => hypervisor.SuspendAsync(guest, cancellationToken)));
            var stored = DiskWrites.BytesHere - before;
            var pages = PagesThatDiffer(
                hashes, await File.ReadAllBytesAsync(Path.Combine(folder.Checkpoint, GuestCheckpoints.HashesFile), cancellationToken));
            changedMiB.Add(pages * MemoryCopy.PageBytes / 1048576.0);
            overhead.Add((double)stored / (pages * MemoryCopy.PageBytes));
            resumed.Add(await TickAfterAsync(guests, guest, hypervisor.ResumeAsync, cancellationToken));
        }

        report.Add(
            ("memory_mib", memoryMiB), ("dirty_mib", Percentiles.P50(dirty)), ("n", times),
            ("hold_leaked_ms_p50", BenchReport.Figure(Percentiles.P50(leaked))),
            ("state_saved_ms_p50", BenchReport.Figure(Percentiles.P50(saved))),
            ("returned_ready_ms_p50", BenchReport.Figure(Percentiles.P50(ready))),
            ("returned_unready_ms_p50", BenchReport.Figure(Percentiles.P50(unready))),
            ("returned_changed_ms_p50", BenchReport.Figure(Percentiles.P50(changed))),
            ("changed_mib", BenchReport.Figure(Percentiles.P50(changedMiB))),
            ("written_per_changed", BenchReport.Figure(Percentiles.P50(overhead))),
            ("returned_mib", Percentiles.P50(returned)),
            ("release_ms_p50", BenchReport.Figure(Percentiles.P50(released))),
            ("resume_ms_p50", BenchReport.Figure(Percentiles.P50(resumed))),
            ("resume_ms_p99", BenchReport.Figure(Percentiles.P99(resumed))),
            ("load_ms_p50", BenchReport.Figure(Percentiles.P50(loading))),
            ("unload_ms_p99", BenchReport.Figure(Percentiles.P99(unloaded))),
            ("resume_loaded_ms_p50", BenchReport.Figure(Percentiles.P50(loaded))),
            ("resume_loaded_ms_p99", BenchReport.Figure(Percentiles.P99(loaded))),
            // Until QEMU has confirmed that the guest runs; the guest's tick, every 50 ms at most, comes after.
            ("resume_loaded_running_ms_p50", BenchReport.Figure(Percentiles.P50(running))),
            ("resume_loaded_running_ms_p99", BenchReport.Figure(Percentiles.P99(running))),
            ("owner_write_ms_p99", BenchReport.Figure(Percentiles.P99(written))),
            ("ram_written_mib", BenchReport.Figure(ramWritten / 1048576.0)));
    }

    /// <summary>Freezes and holds as the agent does.</summary>
    /// <returns>Guest CPU used between the thaw and standing still, in ms.</returns>
    private async Task<double> HoldAsync(BusyGuests guests, GuestId guest, CancellationToken cancellationToken)
    {
        await Task.Delay(Running, time, cancellationToken);
        var process = GuestProcess.Of(guest, guests.Settings);
        guests.Hypervisor.Freezer.FreezeAll();
        await Task.Delay(Still, time, cancellationToken);
        var before = process.VcpuMilliseconds;
        await DoneAsync(guests.Hypervisor.HoldAllAsync(cancellationToken));
        await Task.Delay(Still, time, cancellationToken);
        return process.VcpuMilliseconds - before;
    }

    /// <summary>Lets the guest run again, from its checkpoint or after a hold.</summary>
    /// <returns>From asking until its next tick is printed, in ms.</returns>
    private async Task<double> TickAfterAsync(
        BusyGuests guests, GuestId guest, Func<GuestId, CancellationToken, Task<GuestAnswer>> ask, CancellationToken cancellationToken)
    {
        var last = guests.Tick(guest);
        var began = time.GetTimestamp();
        var resuming = DoneAsync(ask(guest, cancellationToken));
        while (guests.Hypervisor.Guests.Single().Phase != GuestPhase.Running && !resuming.IsCompleted)
            await Task.Delay(Look, time, cancellationToken);
        while (guests.Tick(guest) <= last && !resuming.IsFaulted) await Task.Delay(Look, time, cancellationToken);
        var took = time.GetElapsedTime(began).TotalMilliseconds;
        await resuming;
        return took;
    }

    /// <summary>Waits until a running guest has changed its part of memory once from beginning to end.</summary>
    private async Task ChangedAsync(BusyGuests guests, GuestId guest, CancellationToken cancellationToken)
    {
        int Rounds() => guests.Console(guest).Split("changed ").Length;
        var enough = Rounds() + 2;
        while (Rounds() < enough) await Task.Delay(Look, time, cancellationToken);
    }

    private static long PagesThatDiffer(byte[] before, byte[] after)
    {
        var one = MemoryMarshal.Cast<byte, UInt128>(before);
        var other = MemoryMarshal.Cast<byte, UInt128>(after);
        if (one.Length != other.Length)
            throw new InvalidOperationException($"One checkpoint has {one.Length} pages and the next {other.Length}.");
        long pages = 0;
        for (var i = 0; i < one.Length; i++) pages += one[i] == other[i] ? 0 : 1;
        return pages;
    }

    private async Task<double> TimedAsync(Func<Task<GuestAnswer>> ask)
    {
        var began = time.GetTimestamp();
        await DoneAsync(ask());
        return time.GetElapsedTime(began).TotalMilliseconds;
    }

    private static async Task DoneAsync(Task<GuestAnswer> asked)
    {
        var answer = await asked;
        if (!answer.IsDone) throw new InvalidOperationException(answer.Sentence);
    }
}
