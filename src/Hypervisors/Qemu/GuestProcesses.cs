using System.Globalization;
using System.Runtime.Versioning;
using System.Text.Json;
using Opportunism.Core.Guests;
using Opportunism.Files;
using Opportunism.Hypervisors.Linux;
using Opportunism.Hypervisors.Qemu.Qmp;

namespace Opportunism.Hypervisors.Qemu;

/// <summary>Starts guests' processes, releases their guests, and ends them.</summary>
[SupportedOSPlatform("linux")]
internal sealed class GuestProcesses(QemuHost host, Action<QemuGuest, QemuProcess> onEnded)
{
    /// <summary>QEMU replies in milliseconds; on a machine with the load of a CI in seconds. Longer means that it hangs.</summary>
    public static readonly TimeSpan ReplyLimit = TimeSpan.FromSeconds(10);

    // QEMU listens 0.2 s after its start; 100 times that is a machine that swaps.
    private static readonly TimeSpan StartTime = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan StartPoll = TimeSpan.FromMilliseconds(10);

    // Freeing memory takes 0.2 s per GiB.
    private static readonly TimeSpan KillTime = TimeSpan.FromSeconds(30);

    // A killed process ends in less, unless it waits for a disk; then its memory is freed by force.
    private static readonly TimeSpan PromptEnd = TimeSpan.FromSeconds(1);

    private const long MiB = 1024 * 1024;

    // A sentence and its arguments. The file belongs to QEMU, which may write any amount to it.
    private const int LongestComplaint = 4096;

    /// <summary>What a new boot gets.</summary>
    public LaunchRecord NewLaunch() => new()
    {
        MachineType = host.Machine.Type,
        Accelerator = host.Machine.Accelerator,
        QemuVersion = host.Machine.Version,
        Network = host.Settings.Network.ToString(),
    };

    /// <summary>Creates an empty file for the guest's memory.</summary>
    /// <exception cref="IOException">There is no room for it.</exception>
    public void MakeRam(QemuGuest guest, long memoryOfOthersMiB)
    {
        var (folder, bytes) = (host.Settings.RamFolder, guest.Spec.MemoryMiB * MiB);
        var (total, free) = LinuxFiles.RoomAt(folder);
        // A file on tmpfs takes its room only as the guest uses it, so what other guests may still take counts too.
        if (bytes > free || bytes + (memoryOfOthersMiB * MiB) > total)
        {
            throw new IOException(
                $"{folder} has no room for {guest.Spec.MemoryMiB} MiB of memory (of {total / MiB} MiB, {memoryOfOthersMiB} MiB are "
                    + $"promised and {free / MiB} MiB free). Lower [Guests] MaxMemoryMiB or enlarge the tmpfs.");
        }

        File.Delete(guest.Folder.Ram);
        QemuGuest.MakeOwned(guest.Folder.Ram, host.UserOf(guest));
        using var file = File.OpenHandle(guest.Folder.Ram, FileMode.Open, FileAccess.Write);
        RandomAccess.SetLength(file, bytes);
    }

    /// <summary>Allocates the memory for a guest that is about to be loaded, in the guest's cgroup: the kernel charges a page to the cgroup
    /// that uses it first, and that must not be the agent's.</summary>
    /// <exception cref="IOException">There is no room for it.</exception>
    public async Task FillRamAsync(QemuGuest guest, CancellationToken cancellationToken)
    {
        var length = (guest.Spec.MemoryMiB * MiB).ToString(CultureInfo.InvariantCulture);
        var (exitCode, output) = await QemuLauncher.RunAsync(
            null, ["fallocate", "-l", length, guest.Folder.Ram], MakeCgroups(guest, host.Machine.Accelerator), cancellationToken);
        if (exitCode != 0) throw new IOException($"Memory for guest {guest.Id} could not be taken: {output}");
    }

    /// <summary>Starts QEMU with its vCPUs paused and connects to it. If that fails nothing of it is left.</summary>
    public async Task<QemuProcess> LaunchAsync(QemuGuest guest, LaunchRecord launch, bool incoming, CancellationToken cancellationToken)
    {
        try
        {
            var process = Start(guest, launch, incoming);
            await ConnectWhenListeningAsync(guest, process, cancellationToken);
            await PutBehindAsync(process, cancellationToken);
            return process;
        }
        catch (QmpException exception) when (guest.Process is { Process.IsAlive: false })
        {
            var complaint = LastComplaint(guest);
            await EndAsync(guest);
            throw new IOException(
                $"QEMU of guest {guest.Id} ended while it started: {(complaint.Length > 0 ? complaint : exception.Message)}", exception);
        }
        catch
        {
            await EndAsync(guest);
            throw;
        }
    }

    /// <summary>Connects to a process that listens, frozen or not, and watches for its end.</summary>
    public void Connect(QemuGuest guest, QemuProcess process)
    {
        var qmp = QmpClient.Connect(guest.Folder.QmpSocket, process.Process.Pid, host.Time, told => OnEvent(guest, process, told));
        process.Qmp = qmp;
        _ = qmp.Closed.ContinueWith(
            _ => onEnded(guest, process), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    /// <summary>Lets the vCPUs run, unless a freeze or hold has begun since <paramref name="holds"/> was read.</summary>
    /// <returns>False when the guest must no longer run; it stays held.</returns>
    public async Task<bool> ContinueAsync(QemuGuest guest, QemuProcess process, long holds, CancellationToken cancellationToken)
    {
        Task<JsonElement> answer;
        var (before, saved) = (guest.Status, process.StateSave);
        lock (host.RunLock)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (host.Holds != holds) return false;
            if (guest.FrozenAlone)
            {
                host.Cgroups.FreezeChild(guest.Id, frozen: false);
                guest.FrozenAlone = false;
            }

            process.LacksRoom = false;
            // If the socket does not accept it QEMU has ended, and the checkpoint is still the guest.
            answer = process.Qmp!.Queue("cont");
            process.MayRun = true;
            process.Runs++;
            process.StateSave = DeviceStateSave.NotAsked;
            process.SavedMemory?.EndHold();
        }

        // From here on it may run, so from here on it counts as running, whatever the reply.
        guest.SetWhile(
            process,
            status => status with
            {
                Phase = GuestPhase.Running,
                Sentence = "",
                WaitsForRoom = false,
                HasCheckpoint = false,
                CheckpointMiB = 0,
            });
        if (process.LacksRoom) NoteLackOfRoom(guest, process); // reported between the two
        try
        {
            await answer.WaitAsync(ReplyLimit, host.Time, cancellationToken);
        }
        catch (QmpException exception) when (exception.IsRefusal)
        {
            PutBack(guest, process, before, saved, exception.Message);
            throw;
        }
        catch (TimeoutException exception)
        {
            throw new QmpException($"QEMU of guest {guest.Id} has not confirmed within 10 s that it runs.", exception);
        }

        return true;
    }

    /// <summary>A release that QEMU refused: no instruction of the guest has run, because its disk is open in another program for example.
    /// What was saved of it stays valid.</summary>
    private void PutBack(QemuGuest guest, QemuProcess process, GuestStatus before, DeviceStateSave saved, string why)
    {
        lock (host.RunLock) process.MayRun = false;
        process.StateSave = saved;
        guest.SetWhile(
            process,
            status => status with
            {
                Phase = before.Phase,
                Sentence = why,
                HasCheckpoint = before.HasCheckpoint,
                CheckpointMiB = before.CheckpointMiB,
            });
    }

    /// <summary>Kills the guest's process and gives its memory back; what is on disk stays. Safe to repeat.</summary>
    /// <returns>MiB of memory that the process had.</returns>
    public async Task<long> EndAsync(QemuGuest guest)
    {
        long resident = 0;
        if (guest.Process is { } process)
        {
            resident = process.Process.OwnMiB() + (LinuxFiles.StoredBytes(process.Ram.Length > 0 ? process.Ram : guest.Folder.Ram) / MiB);
            using var prompt = host.Cgroups.RaiseCpuRank();
            // Blocks a pool thread for the fraction of a second in which the kernel frees the memory.
            var gone = await Task.Run(() => KillAndWait(process));
            if (!gone)
                throw new IOException(
                    $"QEMU of guest {guest.Id} (process {process.Process.Pid}) was killed but has not ended within "
                        + $"{KillTime.TotalSeconds} s. Look for a disk that hangs.");
            if (guest.Detach() is { } ended) await host.RetireAsync(ended);
        }

        if (Directory.Exists(host.Settings.RamFolder)) File.Delete(guest.Folder.Ram);
        if (Directory.Exists(guest.Folder.Root)) File.Delete(guest.Folder.Process);
        host.Cgroups.RemoveChild(guest.Id);
        guest.FrozenAlone = false;
        if (guest.Status.IsLoaded) guest.Set(status => status with { IsLoaded = false });
        return resident;
    }

    // A process in a system call that cannot be interrupted stays until that returns. Freeing its memory must not wait for that.
    private static bool KillAndWait(QemuProcess process)
    {
        if (process.Process.KillAndWait(PromptEnd)) return true;
        try
        {
            if (process.Ram.Length > 0) process.EmptyRam();
        }
        catch (IOException)
        {
            // It has ended by now; if not, the caller reports that.
        }

        return process.Process.HasExitedWithin((int)KillTime.TotalMilliseconds);
    }

    /// <summary>Ends the QEMU of a guest that is only loaded: its checkpoint is the guest as before.</summary>
    public async Task<GuestAnswer> UnloadAsync(QemuGuest guest)
    {
        if (!guest.Status.IsLoaded) return new GuestAnswer(GuestOutcome.AlreadySo);
        var began = host.Time.GetTimestamp();
        var returned = await EndAsync(guest);
        QemuHypervisorLog.LogUnloaded(host.Log, guest.Id, returned, host.Time.GetElapsedTime(began).TotalMilliseconds);
        return new GuestAnswer(GuestOutcome.Done);
    }

    /// <summary>QEMU's last error, for a sentence.</summary>
    public static string LastComplaint(QemuGuest guest)
    {
        var text = ConsoleLog.End(guest.Folder.Complaints, LongestComplaint).Split('\n')
            .LastOrDefault(line => line.Trim('\0', '\r', ' ').Length > 0)?.Trim('\0', '\r', ' ')
            ?? "";
        // It repeats its argument first and has the error at the end.
        return text.Length > 300 ? "..." + text[^300..] : text;
    }

    private QemuProcess Start(QemuGuest guest, LaunchRecord launch, bool incoming)
    {
        var (folder, user) = (guest.Folder, host.UserOf(guest));
        LinuxFiles.MakeFolder(folder.Run, LinuxFiles.OwnerFolder, user.Uid, user.Gid);
        File.Delete(folder.QmpSocket);
        File.Delete(folder.AgentSocket);
        File.Delete(folder.Complaints);
        QemuGuest.MakeOwned(folder.Console, user);
        if (guest.Record.ImagePath.Length > 0) QemuDisks.LetRead(guest.Record.ImagePath, user);
        var joins = MakeCgroups(guest, launch.Accelerator);
        var arguments = QemuArguments.For(guest.Spec, guest.Record.ImagePath, folder, host.Machine, launch, incoming);
        FileIdentity memory;
        using (var ram = File.OpenHandle(folder.Ram)) memory = FileIdentity.Of(ram);
        var process = new QemuProcess(QemuLauncher.Start(host.Machine, user, arguments, joins, folder.Complaints), launch, memory);
        guest.Attach(process);
        var record = new ProcessRecord
        {
            Pid = process.Process.Pid,
            StartTime = process.Process.StartTime,
            Launch = launch,
            Memory = memory,
        };
        DurableFile.Replace(folder.Process, JsonSerializer.SerializeToUtf8Bytes(record, QemuJson.Default.ProcessRecord));
        return process;
    }

    private IReadOnlyList<string> MakeCgroups(QemuGuest guest, string accelerator)
    {
        var joins = host.Cgroups.MakeChild(guest.Id, (guest.Spec.MemoryMiB + QemuArguments.OverheadMiB(accelerator)) * MiB);
        host.Cgroups.FreezeChild(guest.Id, frozen: false);
        return joins;
    }

    private async Task ConnectWhenListeningAsync(QemuGuest guest, QemuProcess process, CancellationToken cancellationToken)
    {
        var began = host.Time.GetTimestamp();
        while (true)
        {
            if (!process.Process.IsAlive) throw new IOException($"QEMU of guest {guest.Id} ended at once: {LastComplaint(guest)}");
            try
            {
                Connect(guest, process);
                break;
            }
            catch (QmpException exception)
            {
                if (host.Time.GetElapsedTime(began) > StartTime)
                    throw new IOException(
                        $"QEMU of guest {guest.Id} has not started within {StartTime.TotalSeconds} s. Other programs may use the "
                            + "processor.",
                        exception);
                await Task.Delay(StartPoll, host.Time, cancellationToken);
            }
        }

        try
        {
            await process.Qmp!.Capabilities.WaitAsync(ReplyLimit, host.Time, cancellationToken);
        }
        catch (TimeoutException exception)
        {
            throw new IOException(
                $"QEMU of guest {guest.Id} has started but has not replied within {ReplyLimit.TotalSeconds} s. Other programs may use "
                    + "the processor.",
                exception);
        }
    }

    /// <summary>Gives the vCPUs a lower priority than QEMU's main thread: when guests are thawed to be held, that thread runs first and
    /// pauses them.</summary>
    /// <remarks>Only among the threads of this guest; its cgroup decides what it gets beside others, which stays the same.</remarks>
    private static async Task PutBehindAsync(QemuProcess process, CancellationToken cancellationToken)
    {
        var answer = await process.Qmp!.ExecuteAsync("query-cpus-fast", ReplyLimit, cancellationToken);
        if (answer.ValueKind != JsonValueKind.Array) return;
        foreach (var vcpu in answer.EnumerateArray())
        {
            if (vcpu.ValueKind != JsonValueKind.Object || !vcpu.TryGetProperty("thread-id"u8, out var id)
                || id.ValueKind != JsonValueKind.Number || !id.TryGetInt32(out var thread))
                continue;
            // Only its own threads; if it does not work, holding uses a little more CPU.
            if (Directory.Exists($"/proc/{process.Process.Pid}/task/{thread}"))
                _ = Libc.SetPriority(Libc.OneThread, thread, Libc.LowestNice);
        }
    }

    /// <summary>Holds a running guest because no space is left for what it writes.</summary>
    public static async Task HoldForRoomAsync(QemuGuest guest, QemuProcess process, CancellationToken cancellationToken)
    {
        await process.Qmp!.ExecuteAsync("stop", ReplyLimit, cancellationToken);
        NoteLackOfRoom(guest, process);
    }

    /// <summary>Notes that the guest is paused: by QEMU, on a write that found no room, which QEMU repeats when the guest is released; or
    /// by the agent.</summary>
    public static void NoteLackOfRoom(QemuGuest guest, QemuProcess process) =>
        guest.SetWhile(process, status => status.Phase is GuestPhase.Running or GuestPhase.Held
        ? status with
        {
            Phase = GuestPhase.Held,
            WaitsForRoom = true,
            Sentence = "held until there is room on the node's disk for what it writes",
        }
        : status);

    private static void OnEvent(QemuGuest guest, QemuProcess process, QmpEvent told)
    {
        if (told.Name == "BLOCK_IO_ERROR" && told.Data.ValueKind == JsonValueKind.Object
            && told.Data.TryGetProperty("action"u8, out var action) && action.ValueEquals("stop"u8))
        {
            process.LacksRoom = true;
            NoteLackOfRoom(guest, process);
            return;
        }

        if (told.Name != "SHUTDOWN" || told.Data.ValueKind != JsonValueKind.Object) return;
        if (told.Data.TryGetProperty("guest"u8, out var byGuest) && byGuest.ValueKind == JsonValueKind.True) process.GuestShutDown = true;
    }
}
