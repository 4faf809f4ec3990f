using System.Globalization;
using Opportunism.Core.Guests;
using Opportunism.Hypervisors.Linux;
using Opportunism.Hypervisors.Qemu.Qmp;

namespace Opportunism.Hypervisors.Qemu;

// What is done with one guest; each is called with the guest to itself.
public sealed partial class QemuHypervisor
{
    // The longest that an operating system needs to shut down; one that ends later does so by itself.
    private static readonly TimeSpan ShutdownTakes = TimeSpan.FromMinutes(10);

    private const string Overtaken = "Cancelled: the owner is back; the guest stays held.";

    private async Task<GuestAnswer> BootAsync(QemuGuest guest, long holds, CancellationToken cancellationToken)
    {
        if (guest.Status.Phase is GuestPhase.Running) return new GuestAnswer(GuestOutcome.AlreadySo);
        if (guest.Status.Phase is GuestPhase.Held or GuestPhase.Suspended) return new GuestAnswer(GuestOutcome.Refused, $"Guest {guest.Id} is {guest.Status.Phase}: release, resume or stop it.");
        if (!File.Exists(guest.Folder.Disk) && QemuDisks.ProblemOf(guest.Record.ImagePath, guest.Spec.ImageFormat) is { } problem)
        {
            guest.Set(status => status with { Phase = GuestPhase.Failed, Sentence = problem });
            return new GuestAnswer(GuestOutcome.Refused, problem);
        }

        guest.Set(status => status with { Phase = GuestPhase.Starting, Sentence = "", ShutItselfDown = false });
        try
        {
            WriteRecord(guest);
            LinuxFiles.MakeFolder(settings.RamFolder, LinuxFiles.GroupMayPass, 0, host.Machine.User.Gid);
            if (!File.Exists(guest.Folder.Disk)) await QemuDisks.MakeAsync(guest.Spec, guest.Record.ImagePath, guest.Folder.Disk, host.UserOf(guest), cgroups.MakeWork(), cancellationToken);
            LinuxFiles.RemoveFolderForGood(guest.Folder.Checkpoint);
            GuestCheckpoints.Clear(guest);
            processes.MakeRam(guest, OthersMiB(guest));
            var process = await processes.LaunchAsync(guest, processes.NewLaunch(), incoming: false, cancellationToken);
            process.TakeRam(guest.Folder.Ram);
            if (!await processes.GoOnAsync(guest, process, holds, cancellationToken)) throw new IOException(Overtaken);
            LogStarted(log, guest.Id, process.Process.Pid, process.Launch.Accelerator);
            LookWhileInMemory();
            return Done;
        }
        catch (Exception exception)
        {
            // Nothing was lost that a boot would not bring back, so nothing need be left.
            if (guest.Status.Phase == GuestPhase.Starting)
            {
                await processes.EndAsync(guest);
                guest.Set(status => status with { Phase = GuestPhase.Stopped, Sentence = exception is OperationCanceledException ? "" : exception.Message });
            }

            throw;
        }
    }

    private async Task<GuestAnswer> SaveAsync(QemuGuest guest, long? bytesPerSecond, CancellationToken cancellationToken)
    {
        if (guest.Status is { Phase: GuestPhase.Suspended } or { HasCheckpoint: true }) return new GuestAnswer(GuestOutcome.AlreadySo);
        if (guest.Status.Phase != GuestPhase.Held || guest.Process is not { } process) return new GuestAnswer(GuestOutcome.Refused, $"Guest {guest.Id} is {guest.Status.Phase}: only a held guest can be saved.");
        if (guest.FrozenAlone && !await holder.HoldAgainAsync(guest, process)) return new GuestAnswer(GuestOutcome.TryLater, $"QEMU of guest {guest.Id} does not answer, so its device state cannot be saved.");
        var began = time.GetTimestamp();
        await checkpoints.SaveAsync(guest, process, bytesPerSecond, cancellationToken);
        LogSaved(log, guest.Id, guest.Status.CheckpointMiB, time.GetElapsedTime(began).TotalMilliseconds);
        return Done;
    }

    private static async Task<GuestAnswer> HoldForRoomAsync(QemuGuest guest, CancellationToken cancellationToken)
    {
        if (guest.Status.Phase == GuestPhase.Held) return new GuestAnswer(GuestOutcome.AlreadySo);
        if (guest.Status.Phase != GuestPhase.Running || guest.Process is not { Qmp: not null } process) return new GuestAnswer(GuestOutcome.Refused, $"Guest {guest.Id} is {guest.Status.Phase}: only a running guest can be held.");
        await GuestProcesses.HoldForRoomAsync(guest, process, cancellationToken);
        return Done;
    }

    private async Task<GuestAnswer> ReleaseAsync(QemuGuest guest, long holds, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        if (guest.Status.Phase == GuestPhase.Running) return new GuestAnswer(GuestOutcome.AlreadySo);
        if (guest.Status.Phase != GuestPhase.Held || guest.Process is not { } process) return new GuestAnswer(GuestOutcome.Refused, $"Guest {guest.Id} is {guest.Status.Phase}: only a held guest can be released.");
        // It may be saving: by a request that was given up, or, where the kernel keeps it still, by one of an earlier agent.
        if (process.StateSave == DeviceStateSave.Asked || guest.FrozenAlone)
        {
            if (guest.FrozenAlone && !await holder.HoldAgainAsync(guest, process)) return new GuestAnswer(GuestOutcome.TryLater, $"QEMU of guest {guest.Id} does not answer, so the guest cannot run.");
            await checkpoints.EndStateSaveAsync(guest, process);
        }

        // The checkpoint is out of date after the first instruction, so it is none before; but it is one again if there was no instruction.
        var mayRun = false;
        try
        {
            GuestCheckpoints.Unmake(guest);
            mayRun = await processes.GoOnAsync(guest, process, holds, cancellationToken);
        }
        finally
        {
            if (!mayRun && !process.MayRun) GuestCheckpoints.MakeAgain(guest);
        }

        if (!mayRun) return new GuestAnswer(GuestOutcome.TryLater, Overtaken);
        var took = time.GetElapsedTime(began);
        guest.Set(status => status with { LastRelease = took });
        checkpoints.KeepAsBase(guest, process);
        await GuestClock.SetAsync(guest, process, time, cancellationToken);
        LogReleased(log, guest.Id);
        return Done;
    }

    private async Task<GuestAnswer> SuspendAsync(QemuGuest guest, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        if (guest.Status.Phase == GuestPhase.Suspended)
        {
            await UnloadAsync(guest);
            return new GuestAnswer(GuestOutcome.AlreadySo);
        }

        // What is on the disk counts, not what was noted: QEMU has the only other copy.
        if (guest.Status.HasCheckpoint && guest.FindCheckpoint() is null) guest.Set(status => status with { HasCheckpoint = false, CheckpointMiB = 0 });
        if (!guest.Status.HasCheckpoint)
        {
            var saved = await SaveAsync(guest, null, cancellationToken);
            if (!saved.IsDone) return saved;
        }

        var returned = await processes.EndAsync(guest);
        var took = time.GetElapsedTime(began);
        guest.Set(status => status with { Phase = GuestPhase.Suspended, Sentence = "", WaitsForRoom = false, LastMemoryReturn = took, LastMemoryReturnMiB = returned });
        LogSuspended(log, guest.Id, returned, took.TotalMilliseconds);
        return Done;
    }

    private async Task<GuestAnswer> StopAsync(QemuGuest guest, TimeSpan patience, CancellationToken cancellationToken)
    {
        if (guest.Status is { Phase: GuestPhase.Stopped }) return new GuestAnswer(GuestOutcome.AlreadySo);
        if (guest is { Status.Phase: GuestPhase.Running, Process: { } process } && patience > TimeSpan.Zero) await AskToShutDownAsync(process, patience, cancellationToken);
        await processes.EndAsync(guest);
        LinuxFiles.RemoveFolderForGood(guest.Folder.Checkpoint);
        GuestCheckpoints.Clear(guest);
        guest.Set(status => status with { Phase = GuestPhase.Stopped, Sentence = "", WaitsForRoom = false, HasCheckpoint = false, CheckpointMiB = 0 });
        LogStopped(log, guest.Id);
        return Done;
    }

    private async Task AskToShutDownAsync(QemuProcess process, TimeSpan patience, CancellationToken cancellationToken)
    {
        try
        {
            process.AskedToShutDown = time.GetTimestamp();
            var button = process.Qmp!.Queue("system_powerdown");
            await Task.WhenAll(button, process.Qmp.Closed).WaitAsync(patience, time, cancellationToken);
        }
        catch (Exception exception) when (exception is QmpException or TimeoutException)
        {
            LogNoShutdown(log, patience.TotalSeconds.ToString(CultureInfo.InvariantCulture), exception is TimeoutException ? "it has not ended" : exception.Message);
        }
    }

    private long OthersMiB(QemuGuest guest) => Guests.Where(other => other.TakesMemory && other.Id != guest.Id).Sum(other => (long)other.Spec.MemoryMiB);

    /// <summary>A QEMU has closed its socket: what is left of its guest is decided here, unless a request has dealt with it already.</summary>
    private async Task OnEndedAsync(QemuGuest guest, QemuProcess process)
    {
        if (disposed.IsCancellationRequested || guest.Process != process) return;
        await guest.Busy.WaitAsync();
        try
        {
            if (guest.Process != process || disposed.IsCancellationRequested) return;
            // A QEMU that lives but cannot be told to stop must not run.
            await processes.EndAsync(guest);
            var saved = guest.FindCheckpoint() is not null;
            GuestCheckpoints.Clear(guest);
            // A stop that was given up because the tenant wants it to run again: it ends all the same, but not by its own wish.
            var asAsked = process is { GuestShutDown: true, AskedToShutDown: { } asked } && time.GetElapsedTime(asked) < ShutdownTakes;
            var shutItselfDown = process.GuestShutDown && !asAsked;
            var sentence = asAsked ? "" : shutItselfDown ? "it shut itself down" : saved ? "QEMU ended while the guest was held; its checkpoint is complete" : $"QEMU ended unexpectedly; the guest boots from its disk. {GuestProcesses.LastComplaint(guest)}".TrimEnd();
            guest.Set(status => status with { Phase = saved ? GuestPhase.Suspended : GuestPhase.Stopped, Sentence = sentence, WaitsForRoom = false, HasCheckpoint = saved, ShutItselfDown = shutItselfDown });
            if (asAsked) LogStopped(log, guest.Id);
            else if (shutItselfDown) LogShutItselfDown(log, guest.Id);
            else LogCrashed(log, guest.Id, saved, GuestProcesses.LastComplaint(guest));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            LogFailed(log, guest.Id, exception.Message);
        }
        finally
        {
            guest.Busy.Release();
        }
    }

    /// <summary>Looks at the guests for as long as one is in memory: their consoles stay bounded, and a held one that uses the CPU is frozen.</summary>
    private void LookWhileInMemory()
    {
        lock (publishing)
        {
            if (looking.IsCompleted && !disposed.IsCancellationRequested) looking = Task.Run(LookAsync);
        }
    }

    private async Task LookAsync()
    {
        try
        {
            while (Guests.Any(guest => guest.TakesMemory))
            {
                await Task.Delay(LookEvery, time, disposed.Token);
                foreach (var guest in guests.Values.Where(guest => guest.Status.TakesMemory))
                {
                    ConsoleLog.Trim(guest.Folder.Console);
                    ConsoleLog.Trim(guest.Folder.Complaints);
                    checkpoints.DropBaseWhereDiskIsShort(guest);
                }

                foreach (var guest in heldWatch.Look(guests.Values))
                {
                    LogRanWhileHeld(log, guest.Id, guest.Status.Sentence);
                    // Nothing of it is lost that its checkpoint has not.
                    if (guest.Status.IsLoaded) await UnloadAsync(guest.Id, disposed.Token);
                }
            }
        }
        catch (OperationCanceledException)
        {
            return; // the agent ends
        }
    }
}
