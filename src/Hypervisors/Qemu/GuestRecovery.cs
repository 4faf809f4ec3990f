using System.Runtime.Versioning;
using Opportunism.Core;
using Opportunism.Core.Guests;
using Opportunism.Hypervisors.Linux;
using Opportunism.Hypervisors.Qemu.Qmp;

namespace Opportunism.Hypervisors.Qemu;

/// <summary>Finds what an earlier run of the agent left behind, at whatever point it was killed.</summary>
/// <remarks>
/// 1. Everything in our cgroup is frozen before anything else; programs that work on guests' files are ended.
/// 2. A process counts only if number, start time and cgroup are those recorded. Others in a guest's cgroup are ended:
///    their guests never ran.
/// 3. A running process with a checkpoint that it did not make was about to load it: it is ended, the checkpoint is the guest.
/// 4. The others are held: "stop" is the first thing they read, also those that got SIGSTOP. Only then is their status queried,
///    and it alone is never trusted.
/// 5. A guest without a process is Suspended if there is a checkpoint, else Stopped. A checkpoint that this agent cannot load, of another
///    version or damaged, is kept: only its tenant may give it up, by stopping the guest.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed class GuestRecovery(QemuHost host, GuestTable guests, GuestProcesses processes, GuestHolder holder, GuestWatch watch)
{
    private static readonly TimeSpan SavingTime = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan SavingPoll = TimeSpan.FromMilliseconds(5);

    /// <summary>Finds every guest, frozen and then held. Called once, before anything else.</summary>
    public async Task RecoverAsync(CancellationToken cancellationToken)
    {
        host.Freezer.FreezeAll();
        EndWork();
        LoadGuests();
        // Before the hold, which thaws: only the freezer keeps them from running.
        RemoveStrays();
        foreach (var guest in guests.All)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await FindProcessAsync(guest);
        }

        // Nothing waits for memory yet, and the checks below decide the state of each guest.
        await holder.HoldAllAsync([.. guests.All], GuestProcesses.ReplyLimit, cancellationToken);
        foreach (var guest in guests.All)
        {
            if (guest.Process is { } process) await JudgeAsync(guest, process, cancellationToken);
            QemuHypervisorLog.LogFound(host.Log, guest.Id, guest.Status.Phase.ToString());
        }

        RemoveStrayMemory();
        guests.Publish();
        watch.Begin();
    }

    private void LoadGuests()
    {
        var all = GuestFolder.AllIn(host.Settings.StateFolder);
        if (!Directory.Exists(all)) return;
        foreach (var path in Directory.EnumerateDirectories(all))
        {
            if (path.EndsWith(LinuxFiles.Gone, StringComparison.Ordinal))
            {
                RemoveGone(path);
                continue;
            }

            var guest = GuestId.TryParse(Path.GetFileName(path), out var id)
                ? QemuGuest.Load(host.Settings.StateFolder, host.Settings.RamFolder, id, guests.Publish)
                : null;
            if (guest is null)
            {
                QemuHypervisorLog.LogForeign(host.Log, path);
                continue;
            }

            guests.Add(guest);
            File.Delete(guest.Folder.ExportPart);
            RemoveGone(guest.Folder.Checkpoint + LinuxFiles.Gone);
        }
    }

    /// <summary>Finds a guest's process and connects to it, or decides the state of a guest without one.</summary>
    private async Task FindProcessAsync(QemuGuest guest)
    {
        var record = QemuJson.Read(guest.Folder.Process, QemuJson.Default.ProcessRecord);
        var found = record is null ? null : LinuxProcess.Find(record.Pid, record.StartTime);
        if (found is not null && !host.Cgroups.Holds(guest.Id, found.Pid))
        {
            found.Dispose();
            found = null;
        }

        EndStrays(guest.Id, found?.Pid);
        var manifest = guest.FindCheckpoint(out var unusable);
        if (found is null || record is null)
        {
            await EndAndClassifyAsync(guest, record is null ? "" : "QEMU ended while the agent was away");
            return;
        }

        var process = new QemuProcess(found, record.Launch, record.Memory);
        guest.Attach(process);
        // The brake before a restart may have been SIGSTOP, which the state of a frozen process does not show. SIGCONT, which has no effect
        // on others, is sent when it is held: by then "stop" is the first thing that it reads.
        host.Freezer.NoteSignalled();
        guest.Set(
            status => status with { Phase = GuestPhase.Held, HasCheckpoint = manifest is not null, CheckpointMiB = StoredMiB(manifest) });
        if (manifest is not null && (manifest.Pid != found.Pid || manifest.StartTime != found.StartTime))
        {
            await EndAndClassifyAsync(guest, "");
            return;
        }

        // Whether it made a checkpoint that cannot be read, or was to load it, is known after a query of its status.
        if (manifest is null && unusable is null) LinuxFiles.RemoveFolderForGood(guest.Folder.Checkpoint);
        else if (manifest is not null) process.SavedMemory = new MemoryPieces(manifest);
        try
        {
            processes.Connect(guest, process);
            process.TakeRam(guest.Folder.Ram);
        }
        catch (Exception exception) when (exception is QmpException or IOException)
        {
            // It does not listen yet, or has not opened its memory: it was still being started, so nothing of its guest has run.
            await EndAndClassifyAsync(guest, "");
        }
    }

    /// <summary>Checks a guest that is held now.</summary>
    private async Task JudgeAsync(QemuGuest guest, QemuProcess process, CancellationToken cancellationToken)
    {
        if (guest.FrozenAlone) return;
        try
        {
            var status = await StatusWhenSavedAsync(process, cancellationToken);
            // Its own checkpoint, since it is not about to load one: the next save is complete.
            if (!guest.Status.HasCheckpoint && status is not ("prelaunch" or "inmigrate")) GuestCheckpoints.Unmake(guest);
            switch (status)
            {
                case "prelaunch" or "inmigrate":
                    // It has not run since it was started.
                    await EndAndClassifyAsync(guest, "the agent ended while it was starting");
                    break;
                case "postmigrate":
                    var saved = Directory.Exists(guest.Folder.Checkpoint) ? guest.Folder.Checkpoint : guest.Folder.Held;
                    var isWhole = new FileInfo(Path.Combine(saved, GuestCheckpoints.StateFile)) is { Exists: true, Length: > 0 };
                    process.StateSave = isWhole ? DeviceStateSave.Done : DeviceStateSave.Lost;
                    break;
                case "finish-migrate":
                    process.StateSave = DeviceStateSave.Asked;
                    break;
                case "paused":
                    // At the beginning of a save it is also only paused.
                    if ((await DeviceState.LookAsync(process, cancellationToken)).State != DeviceStateSave.NotAsked)
                        process.StateSave = DeviceStateSave.Asked;
                    break;
                case "io-error":
                    GuestProcesses.NoteLackOfRoom(guest, process);
                    break;
                case "running":
                    lock (host.RunLock) guest.FrozenAlone = host.Cgroups.FreezeChild(guest.Id, frozen: true);
                    guest.SetWhile(process, seen => seen with { Sentence = "QEMU does not pause it" });
                    break;
            }
        }
        catch (QmpException exception)
        {
            QemuHypervisorLog.LogFailed(host.Log, guest.Id, exception.Message);
        }
    }

    private async Task<string> StatusWhenSavedAsync(QemuProcess process, CancellationToken cancellationToken)
    {
        var began = host.Time.GetTimestamp();
        while (true)
        {
            var answer = await process.Qmp!.ExecuteAsync("query-status", GuestProcesses.ReplyLimit, cancellationToken);
            var status = QmpLine.TextOf(answer, "status"u8);
            // The earlier agent was killed while QEMU was saving device state, which it then finishes by itself.
            if (status != "finish-migrate" || host.Time.GetElapsedTime(began) > SavingTime) return status;
            await Task.Delay(SavingPoll, host.Time, cancellationToken);
        }
    }

    /// <summary>Ends what is left of a guest in memory; its files decide its state.</summary>
    private async Task EndAndClassifyAsync(QemuGuest guest, string why)
    {
        await processes.EndAsync(guest);
        GuestCheckpoints.Clear(guest);
        var manifest = guest.FindCheckpoint(out var problem);
        var unusable = problem is null ? null : GuestLoading.UnusableCheckpoint(guest, problem);
        if (unusable is not null) QemuHypervisorLog.LogUnusable(host.Log, guest.Id, unusable);
        else if (manifest is null) LinuxFiles.RemoveFolderForGood(guest.Folder.Checkpoint);
        guest.Set(status => status with
        {
            Phase = manifest is null && unusable is null ? GuestPhase.Stopped : GuestPhase.Suspended,
            Sentence = unusable ?? why,
            HasCheckpoint = manifest is not null,
            CheckpointMiB = StoredMiB(manifest),
        });
    }

    /// <summary>Removes what was being deleted when the agent ended. A folder that cannot be deleted must not keep the guests from
    /// starting.</summary>
    private void RemoveGone(string path)
    {
        try
        {
            if (Directory.Exists(path)) LinuxFiles.DeleteTree(path);
        }
        catch (IOException exception)
        {
            QemuHypervisorLog.LogNotDeleted(host.Log, exception.Message);
        }
    }

    /// <summary>Ends programs that work on guests' files: their results were for the agent that ended, and they would keep writing to a
    /// deleted file.</summary>
    private void EndWork()
    {
        foreach (var pid in host.Cgroups.Working())
        {
            using var program = LinuxProcess.Find(pid);
            program?.KillAndWait(TimeSpan.FromSeconds(10));
        }
    }

    private void EndStrays(GuestId guest, int? known)
    {
        foreach (var pid in host.Cgroups.Processes(guest))
        {
            if (pid == known) continue;
            using var stray = LinuxProcess.Find(pid);
            stray?.KillAndWait(TimeSpan.FromSeconds(10));
        }
    }

    /// <summary>Ends processes in cgroups of guests that have no folder here.</summary>
    private void RemoveStrays()
    {
        foreach (var id in host.Cgroups.Children().Where(id => guests.Find(id) is null).ToArray())
        {
            EndStrays(id, known: null);
            host.Cgroups.RemoveChild(id);
        }
    }

    /// <summary>Removes memory files that an interrupted start has left.</summary>
    private void RemoveStrayMemory()
    {
        if (!Directory.Exists(host.Settings.RamFolder)) return;
        foreach (var path in Directory.EnumerateFiles(host.Settings.RamFolder))
        {
            if (GuestId.TryParse(Path.GetFileName(path), out _)) File.Delete(path);
        }
    }

    private static long StoredMiB(CheckpointManifest? manifest) =>
        manifest is null ? 0 : (manifest.MemoryStoredBytes + manifest.StateBytes) / (1024 * 1024);
}
