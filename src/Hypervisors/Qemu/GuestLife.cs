using System.Globalization;
using System.Runtime.Versioning;
using System.Text.Json;
using Opportunism.Core.Guests;
using Opportunism.Files;
using Opportunism.Hypervisors.Linux;
using Opportunism.Hypervisors.Qemu.Qmp;

namespace Opportunism.Hypervisors.Qemu;

/// <summary>The operations on one guest that runs or is held; each is called while no other request for the guest is carried out.</summary>
[SupportedOSPlatform("linux")]
internal sealed class GuestLife(
    QemuHost host, GuestTable guests, GuestProcesses processes, GuestCheckpoints checkpoints, GuestHolder holder, GuestWatch watch)
{
    private const string Overtaken = "Cancelled: the owner is back; the guest stays held.";

    private static readonly GuestAnswer Done = new(GuestOutcome.Done);

    /// <summary>Boots it from its disk.</summary>
    public async Task<GuestAnswer> BootAsync(QemuGuest guest, long holds, CancellationToken cancellationToken)
    {
        if (guest.Status.Phase is GuestPhase.Running) return new GuestAnswer(GuestOutcome.AlreadySo);
        if (guest.Status.Phase is GuestPhase.Held or GuestPhase.Suspended)
            return new GuestAnswer(GuestOutcome.Refused, $"Guest {guest.Id} is {guest.Status.Phase}: release, resume or stop it.");
        if (!File.Exists(guest.Folder.Disk) && QemuDisks.ProblemOf(guest.Record.ImagePath, guest.Spec.ImageFormat) is { } problem)
        {
            guest.Set(status => status with { Phase = GuestPhase.Failed, Sentence = problem });
            return new GuestAnswer(GuestOutcome.Refused, problem);
        }

        guest.Set(status => status with { Phase = GuestPhase.Starting, Sentence = "", ShutItselfDown = false });
        try
        {
            WriteRecord(guest);
            LinuxFiles.MakeFolder(host.Settings.RamFolder, LinuxFiles.GroupMayPass, 0, host.Machine.User.Gid);
            if (!File.Exists(guest.Folder.Disk))
                await QemuDisks.MakeAsync(
                    guest.Spec, guest.Record.ImagePath, guest.Folder.Disk, host.UserOf(guest), host.Cgroups.MakeWork(), cancellationToken);
            LinuxFiles.RemoveFolderForGood(guest.Folder.Checkpoint);
            GuestCheckpoints.Clear(guest);
            processes.MakeRam(guest, guests.OthersMiB(guest));
            var process = await processes.LaunchAsync(guest, processes.NewLaunch(), incoming: false, cancellationToken);
            process.TakeRam(guest.Folder.Ram);
            if (!await processes.ContinueAsync(guest, process, holds, cancellationToken)) throw new IOException(Overtaken);
            QemuHypervisorLog.LogStarted(host.Log, guest.Id, process.Process.Pid, process.Launch.Accelerator);
            watch.Begin();
            return Done;
        }
        catch (Exception exception)
        {
            // Nothing was lost that a boot would not restore, so nothing need be kept.
            if (guest.Status.Phase == GuestPhase.Starting)
            {
                await processes.EndAsync(guest);
                guest.Set(
                    status => status with
                    {
                        Phase = GuestPhase.Stopped,
                        Sentence = exception is OperationCanceledException ? "" : exception.Message,
                    });
            }

            throw;
        }
    }

    /// <summary>Completes its checkpoint.</summary>
    public async Task<GuestAnswer> SaveAsync(QemuGuest guest, long? bytesPerSecond, CancellationToken cancellationToken)
    {
        if (guest.Status is { Phase: GuestPhase.Suspended } or { HasCheckpoint: true }) return new GuestAnswer(GuestOutcome.AlreadySo);
        if (guest.Status.Phase != GuestPhase.Held || guest.Process is not { } process)
            return new GuestAnswer(GuestOutcome.Refused, $"Guest {guest.Id} is {guest.Status.Phase}: only a held guest can be saved.");
        if (guest.FrozenAlone && !await holder.HoldAgainAsync(guest, process))
            return new GuestAnswer(GuestOutcome.TryLater, $"QEMU of guest {guest.Id} does not reply, so its device state cannot be saved.");
        var began = host.Time.GetTimestamp();
        await checkpoints.SaveAsync(guest, process, bytesPerSecond, cancellationToken);
        QemuHypervisorLog.LogSaved(host.Log, guest.Id, guest.Status.CheckpointMiB, host.Time.GetElapsedTime(began).TotalMilliseconds);
        return Done;
    }

    /// <summary>Holds it because no space is left for what it writes.</summary>
    public static async Task<GuestAnswer> HoldForRoomAsync(QemuGuest guest, CancellationToken cancellationToken)
    {
        if (guest.Status.Phase == GuestPhase.Held) return new GuestAnswer(GuestOutcome.AlreadySo);
        if (guest.Status.Phase != GuestPhase.Running || guest.Process is not { Qmp: not null } process)
            return new GuestAnswer(GuestOutcome.Refused, $"Guest {guest.Id} is {guest.Status.Phase}: only a running guest can be held.");
        await GuestProcesses.HoldForRoomAsync(guest, process, cancellationToken);
        return Done;
    }

    /// <summary>Releases it.</summary>
    public async Task<GuestAnswer> ReleaseAsync(QemuGuest guest, long holds, CancellationToken cancellationToken)
    {
        var began = host.Time.GetTimestamp();
        if (guest.Status.Phase == GuestPhase.Running) return new GuestAnswer(GuestOutcome.AlreadySo);
        if (guest.Status.Phase != GuestPhase.Held || guest.Process is not { } process)
            return new GuestAnswer(GuestOutcome.Refused, $"Guest {guest.Id} is {guest.Status.Phase}: only a held guest can be released.");
        // It may be saving: because of a cancelled request, or, if the kernel has frozen it, one of an earlier agent.
        if (process.StateSave == DeviceStateSave.Asked || guest.FrozenAlone)
        {
            if (guest.FrozenAlone && !await holder.HoldAgainAsync(guest, process))
                return new GuestAnswer(GuestOutcome.TryLater, $"QEMU of guest {guest.Id} does not reply, so the guest cannot run.");
            await checkpoints.EndStateSaveAsync(guest, process);
        }

        // The checkpoint is out of date after the first instruction, so it is removed before; it is restored if no instruction ran.
        var mayRun = false;
        try
        {
            GuestCheckpoints.Unmake(guest);
            mayRun = await processes.ContinueAsync(guest, process, holds, cancellationToken);
        }
        finally
        {
            if (!mayRun && !process.MayRun) GuestCheckpoints.MakeAgain(guest);
        }

        if (!mayRun) return new GuestAnswer(GuestOutcome.TryLater, Overtaken);
        var took = host.Time.GetElapsedTime(began);
        guest.Set(status => status with { LastRelease = took });
        checkpoints.KeepAsBase(guest, process);
        await GuestClock.SetAsync(guest, process, host.Time, cancellationToken);
        QemuHypervisorLog.LogReleased(host.Log, guest.Id);
        return Done;
    }

    /// <summary>Gives its memory back; its checkpoint is the guest from then on.</summary>
    public async Task<GuestAnswer> SuspendAsync(QemuGuest guest, CancellationToken cancellationToken)
    {
        var began = host.Time.GetTimestamp();
        if (guest.Status.Phase == GuestPhase.Suspended)
        {
            await processes.UnloadAsync(guest);
            return new GuestAnswer(GuestOutcome.AlreadySo);
        }

        // The disk is checked, not the record in memory: QEMU has the only other copy.
        if (guest.Status.HasCheckpoint && guest.FindCheckpoint() is null)
            guest.Set(status => status with { HasCheckpoint = false, CheckpointMiB = 0 });
        if (!guest.Status.HasCheckpoint)
        {
            var saved = await SaveAsync(guest, null, cancellationToken);
            if (!saved.IsDone) return saved;
        }

        var returned = await processes.EndAsync(guest);
        var took = host.Time.GetElapsedTime(began);
        guest.Set(
            status => status with
            {
                Phase = GuestPhase.Suspended,
                Sentence = "",
                WaitsForRoom = false,
                LastMemoryReturn = took,
                LastMemoryReturnMiB = returned,
            });
        QemuHypervisorLog.LogSuspended(host.Log, guest.Id, returned, took.TotalMilliseconds);
        return Done;
    }

    /// <summary>Ends it; its disk stays.</summary>
    public async Task<GuestAnswer> StopAsync(QemuGuest guest, TimeSpan patience, CancellationToken cancellationToken)
    {
        if (guest.Status is { Phase: GuestPhase.Stopped }) return new GuestAnswer(GuestOutcome.AlreadySo);
        if (guest is { Status.Phase: GuestPhase.Running, Process: { } process } && patience > TimeSpan.Zero)
            await AskToShutDownAsync(process, patience, cancellationToken);
        await processes.EndAsync(guest);
        LinuxFiles.RemoveFolderForGood(guest.Folder.Checkpoint);
        GuestCheckpoints.Clear(guest);
        guest.Set(
            status => status with
            {
                Phase = GuestPhase.Stopped,
                Sentence = "",
                WaitsForRoom = false,
                HasCheckpoint = false,
                CheckpointMiB = 0,
            });
        QemuHypervisorLog.LogStopped(host.Log, guest.Id);
        return Done;
    }

    private async Task AskToShutDownAsync(QemuProcess process, TimeSpan patience, CancellationToken cancellationToken)
    {
        try
        {
            process.AskedToShutDown = host.Time.GetTimestamp();
            var button = process.Qmp!.Queue("system_powerdown");
            await Task.WhenAll(button, process.Qmp.Closed).WaitAsync(patience, host.Time, cancellationToken);
        }
        catch (Exception exception) when (exception is QmpException or TimeoutException)
        {
            QemuHypervisorLog.LogNoShutdown(
                host.Log, patience.TotalSeconds.ToString(CultureInfo.InvariantCulture),
                exception is TimeoutException ? "it has not ended" : exception.Message);
        }
    }

    /// <summary>Stores what the guest is made of.</summary>
    public void WriteRecord(QemuGuest guest)
    {
        var user = host.Machine.User;
        LinuxFiles.MakeFolder(guest.Folder.Root, LinuxFiles.GroupMayPass, 0, user.Gid);
        DurableFile.Replace(guest.Folder.Record, JsonSerializer.SerializeToUtf8Bytes(guest.Record, QemuJson.Default.GuestRecord));
    }
}
