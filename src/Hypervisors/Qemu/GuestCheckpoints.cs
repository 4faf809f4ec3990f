using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using Opportunism.Core.Guests;
using Opportunism.Files;
using Opportunism.Hypervisors.Linux;
using Opportunism.Hypervisors.Qemu.Qmp;

namespace Opportunism.Hypervisors.Qemu;

/// <summary>Saves held guests to disk and loads them again.</summary>
/// <remarks>
/// Saving, in the folder <c>held</c>:
///  1. Device state by <c>migrate</c> into a file handed over as a descriptor, RAM left out (x-ignore-shared); fsync. Only once per hold.
///  2. Memory, paced; only pages that differ from what an earlier hold left there are written; fsync. 3. The disk; fsync. 4. The manifest;
///  fsync; fsync of the folder.
///  5. The folder is renamed to <c>checkpoint</c>; fsync of its parent. Before that there is no checkpoint, after it a complete one.
/// Releasing: 6. the folder is renamed back, fsync of its parent; 7. <c>cont</c>, or, if the owner has come back since, 5 again;
/// 8. manifest and device state are deleted; memory stays as the base of the next checkpoint, unless the disk lacks space.
/// Loading: memory into a RAM file while QEMU starts with <c>-incoming defer</c>, which does not use memory until it is given
/// device state; when both are done, device state; then as for releasing.
/// A checkpoint that still existed after the guest ran again, and was loaded later, would corrupt its disk: hence 6 before 7.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed class GuestCheckpoints(QemuHost host)
{
    // Device state is 400 KiB and takes 6 ms, 13 ms at most. Guests have an ordinary CPU rank during the save, so a QEMU that does not
    // finish must not keep that rank for long.
    private static readonly TimeSpan StateTime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StatePoll = TimeSpan.FromMilliseconds(2);

    // 160 times the largest size measured: QEMU writes the file, and the agent reads it whole.
    internal const long MostStateBytes = 64 * 1024 * 1024;

    // The manifest, the device state and the file system's own blocks.
    private const long RoomBesideMemory = 16 * 1024 * 1024;
    private const long MiB = 1024 * 1024;

    /// <summary>Written last: without it a folder is no checkpoint.</summary>
    public const string ManifestFile = "manifest.json";

    public const string StateFile = "state", MemoryFile = "memory", HashesFile = "hashes";

    /// <summary>Completes the checkpoint. If it fails or is cancelled there is none, and the guest is held as before;
    /// what was copied before it was cancelled need not be copied again in the same hold.</summary>
    public async Task SaveAsync(QemuGuest guest, QemuProcess process, long? bytesPerSecond, CancellationToken cancellationToken)
    {
        var folder = guest.Folder;
        var (state, memory, hashes) =
            (Path.Combine(folder.Held, StateFile), Path.Combine(folder.Held, MemoryFile), Path.Combine(folder.Held, HashesFile));
        var began = host.Time.GetTimestamp();
        if (process.SavedMemory is null && Directory.Exists(folder.Held))
        {
            // Left by an agent that was killed while it saved: it is not known which part is complete, and its space is needed.
            File.Delete(memory);
            File.Delete(hashes);
        }

        CheckRoom(guest, process);
        if (process.StateSave != DeviceStateSave.Done)
        {
            Directory.CreateDirectory(folder.Held, LinuxFiles.OwnerFolder);
            File.Delete(Path.Combine(folder.Held, ManifestFile));
            await SaveStateAsync(guest, process, state, cancellationToken);
            if (process.StateSave == DeviceStateSave.Lost)
                throw new InvalidDataException(
                    $"The device state of guest {guest.Id} was saved before and is gone from {folder.Root}; it can be released or "
                        + "stopped.");
            var took = host.Time.GetElapsedTime(began);
            guest.Set(status => status with { LastStateSave = took });
        }

        CheckpointManifest manifest;
        try
        {
            if (process.SavedMemory is null || !File.Exists(memory))
                process.SavedMemory =
                    new MemoryPieces(guest.Spec.MemoryMiB * MiB, MemoryMarshal.Read<long>(RandomNumberGenerator.GetBytes(sizeof(long))));
            var pieces = process.SavedMemory;
            using var ram = process.OpenRam();
            await Task.Run(
                () => MemoryCopy.SaveAsync(ram, memory, hashes, pieces, bytesPerSecond, host.Time, cancellationToken), cancellationToken);
            DurableFile.Sync(folder.Disk);
            manifest = ManifestOf(guest, process, state, pieces);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            process.SavedMemory = null;
            File.Delete(hashes);
            File.Delete(memory); // its space belongs to the owner again; the device state stays valid for this hold
            throw;
        }

        // Also if an earlier agent had it written.
        DurableFile.Sync(state);
        Make(folder, manifest);
        guest.Set(status => status with { HasCheckpoint = true, CheckpointMiB = (manifest.MemoryStoredBytes + manifest.StateBytes) / MiB });
    }

    /// <summary>From here on the checkpoint exists, also after a power cut; when it fails there is none.</summary>
    private static void Make(GuestFolder folder, CheckpointManifest manifest)
    {
        DurableFile.Replace(
            Path.Combine(folder.Held, ManifestFile), JsonSerializer.SerializeToUtf8Bytes(manifest, QemuJson.Default.CheckpointManifest));
        try
        {
            LinuxFiles.RenameForGood(folder.Held, folder.Checkpoint);
        }
        catch (IOException) when (Directory.Exists(folder.Checkpoint))
        {
            // Renamed, but perhaps not on the disk: no checkpoint, as before. The next attempt starts from here.
            Directory.Move(folder.Checkpoint, folder.Held);
            throw;
        }
    }

    /// <summary>From here on the checkpoint no longer exists, not even after a power cut; its device state stays usable while the guest is
    /// held.</summary>
    public static void Unmake(QemuGuest guest)
    {
        var folder = guest.Folder;
        if (!Directory.Exists(folder.Checkpoint)) return;
        if (Directory.Exists(folder.Held)) Directory.Delete(folder.Held, recursive: true);
        LinuxFiles.RenameForGood(folder.Checkpoint, folder.Held);
    }

    /// <summary>Undoes <see cref="Unmake"/> for a guest that has not run since.</summary>
    public static void MakeAgain(QemuGuest guest)
    {
        var folder = guest.Folder;
        if (guest.Status.HasCheckpoint && File.Exists(Path.Combine(folder.Held, ManifestFile)) && !Directory.Exists(folder.Checkpoint))
            LinuxFiles.RenameForGood(folder.Held, folder.Checkpoint);
    }

    /// <summary>Removes what was saved of a guest that ended or boots from its disk.</summary>
    public static void Clear(QemuGuest guest)
    {
        if (Directory.Exists(guest.Folder.Held)) Directory.Delete(guest.Folder.Held, recursive: true);
    }

    /// <summary>Keeps the saved memory of a guest that runs again, so that the next checkpoint writes only what changes from now
    /// on.</summary>
    public void KeepAsBase(QemuGuest guest, QemuProcess process)
    {
        if (process.SavedMemory is null || IsDiskShort())
        {
            DropBase(guest, process);
            return;
        }

        File.Delete(Path.Combine(guest.Folder.Held, ManifestFile));
        File.Delete(Path.Combine(guest.Folder.Held, StateFile));
    }

    /// <summary>Frees the space of a running guest's base if less than the reserve is left on the disk. The next checkpoint writes
    /// everything.</summary>
    public void DropBaseWhereDiskIsShort(QemuGuest guest)
    {
        if (!HasOnlyBase(guest) || !Directory.Exists(guest.Folder.Held) || !guest.Busy.Wait(0)) return; // checked again in a few seconds
        try
        {
            if (HasOnlyBase(guest) && guest.Process is { } process && IsDiskShort()) DropBase(guest, process);
        }
        catch (IOException)
        {
            return; // the folder still exists, so this is retried in a few seconds
        }
        finally
        {
            guest.Busy.Release();
        }
    }

    /// <summary>Fills the RAM file from the checkpoint.</summary>
    /// <returns>What is on disk of the memory.</returns>
    /// <exception cref="InvalidDataException">The checkpoint is damaged.</exception>
    public static async Task<MemoryPieces> LoadMemoryAsync(
        QemuGuest guest, CheckpointManifest manifest, CancellationToken cancellationToken)
    {
        var state = Path.Combine(guest.Folder.Checkpoint, StateFile);
        if (manifest.StateBytes > MostStateBytes)
            throw new InvalidDataException($"{state} has {manifest.StateBytes} bytes; at most {MostStateBytes} are allowed.");
        if (XxHash128.HashToUInt128(await File.ReadAllBytesAsync(state, cancellationToken)) != manifest.StateHash)
            throw new InvalidDataException($"{state} is damaged: its hash differs from the manifest's.");
        var pieces = new MemoryPieces(manifest);
        await MemoryCopy.LoadAsync(Path.Combine(guest.Folder.Checkpoint, MemoryFile), guest.Folder.Ram, pieces, cancellationToken);
        return pieces;
    }

    /// <summary>Gives the saved device state to a QEMU that waits for it.</summary>
    public async Task LoadStateAsync(QemuGuest guest, QemuProcess process, CancellationToken cancellationToken)
    {
        using var state = File.OpenHandle(Path.Combine(guest.Folder.Checkpoint, StateFile));
        await PassAsync(process, state, cancellationToken);
        await process.Qmp!.ExecuteAsync(
            "migrate-incoming", GuestProcesses.ReplyLimit, cancellationToken, json => json.WriteString("uri"u8, "fd:state"u8));
        await AwaitLoadAsync(process, cancellationToken);
    }

    // Also one that waits for room: its own base may be what uses the space.
    private static bool HasOnlyBase(QemuGuest guest) =>
        guest.Status is { Phase: GuestPhase.Running } or { Phase: GuestPhase.Held, WaitsForRoom: true, HasCheckpoint: false }
        && guest.Process is { StateSave: DeviceStateSave.NotAsked };

    private bool IsDiskShort() => LinuxFiles.FreeBytes(host.Settings.StateFolder) < host.Settings.KeepFreeMiB * MiB;

    private static void DropBase(QemuGuest guest, QemuProcess process)
    {
        process.SavedMemory = null;
        Clear(guest);
    }

    private void CheckRoom(QemuGuest guest, QemuProcess process)
    {
        var free = LinuxFiles.FreeBytes(guest.Folder.Root);
        var needed = (guest.Spec.MemoryMiB * MiB) - (process.SavedMemory?.StoredBytes ?? 0) + RoomBesideMemory;
        long kept = host.Settings.KeepFreeMiB;
        if (free >= needed + (kept * MiB)) return;
        throw new IOException(
            $"{host.Settings.StateFolder} has no room for a checkpoint of guest {guest.Id}, which may need {needed / MiB} MiB beside the "
                + $"{kept} MiB that are kept free ([Guests] KeepFreeMiB). Make room on that disk.");
    }

    /// <summary>Waits for device state that an earlier attempt, or an earlier agent, has requested: the guest must not run before QEMU has
    /// written it.</summary>
    /// <exception cref="QmpException">It has not written it in time; the guest is frozen by the kernel.</exception>
    public Task EndStateSaveAsync(QemuGuest guest, QemuProcess process) => FreezeIfItFailsAsync(guest, process, async () =>
    {
        var (seen, _) = await DeviceState.LookAsync(process, CancellationToken.None);
        process.StateSave = seen;
        if (seen == DeviceStateSave.Asked) (process.StateSave, _) = await AwaitStateAsync(process);
    });

    private Task SaveStateAsync(QemuGuest guest, QemuProcess process, string path, CancellationToken cancellationToken) =>
        FreezeIfItFailsAsync(guest, process, async () =>
    {
        // An earlier attempt may have timed out on a slow disk: QEMU still writes to the file that it was given then, or has finished it.
        var (seen, why) = await DeviceState.LookAsync(process, cancellationToken);
        if (seen == DeviceStateSave.NotAsked)
        {
            using var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write);
            await PassAsync(process, file, cancellationToken);
            // Must not be cancelled from here on: QEMU has closed its disks, and this file is the only way to close them again.
            process.StateSave = DeviceStateSave.Asked;
            await process.Qmp!.ExecuteAsync(
                "migrate", GuestProcesses.ReplyLimit, CancellationToken.None, json => json.WriteString("uri"u8, "fd:state"u8));
            seen = DeviceStateSave.Asked;
        }

        process.StateSave = seen;
        if (seen == DeviceStateSave.Asked) (process.StateSave, why) = await AwaitStateAsync(process);
        if (process.StateSave == DeviceStateSave.NotAsked) throw new QmpException($"QEMU could not save device state: {why}.");
        if (new FileInfo(path) is { Exists: true, Length: > 0 }) DurableFile.Sync(path);
        else process.StateSave = DeviceStateSave.Lost;
    });

    // Until a requested save has ended, a guest could keep an ordinary rank without saving: the kernel freezes it until the next attempt.
    private async Task FreezeIfItFailsAsync(QemuGuest guest, QemuProcess process, Func<Task> save)
    {
        using var prompt = host.Cgroups.RaiseCpuRank();
        try
        {
            await save();
        }
        catch (QmpException) when (process.StateSave == DeviceStateSave.Asked)
        {
            lock (host.RunLock) guest.FrozenAlone = host.Cgroups.FreezeChild(guest.Id, frozen: true);
            guest.SetWhile(process, status => status with { Sentence = "QEMU has not saved its device state" });
            throw;
        }
    }

    private async Task<(DeviceStateSave State, string Why)> AwaitStateAsync(QemuProcess process)
    {
        var began = host.Time.GetTimestamp();
        while (true)
        {
            if (await DeviceState.LookAsync(process, CancellationToken.None) is { State: not DeviceStateSave.Asked } ended) return ended;
            if (host.Time.GetElapsedTime(began) > StateTime)
                throw new QmpException($"QEMU has not saved device state within {StateTime.TotalSeconds} s.");
            await Task.Delay(StatePoll, host.Time);
        }
    }

    private static async Task PassAsync(QemuProcess process, SafeFileHandle file, CancellationToken cancellationToken)
    {
        var qmp = process.Qmp!;
        await qmp.ExecuteAsync("migrate-set-capabilities", GuestProcesses.ReplyLimit, cancellationToken, json =>
        {
            json.WriteStartArray("capabilities"u8);
            json.WriteStartObject();
            json.WriteString("capability"u8, "x-ignore-shared"u8);
            json.WriteBoolean("state"u8, true);
            json.WriteEndObject();
            json.WriteEndArray();
        });
        await qmp.ExecuteAsync(
            "getfd", GuestProcesses.ReplyLimit, cancellationToken, json => json.WriteString("fdname"u8, "state"u8),
            (int)file.DangerousGetHandle());
    }

    private async Task AwaitLoadAsync(QemuProcess process, CancellationToken cancellationToken)
    {
        var began = host.Time.GetTimestamp();
        while (true)
        {
            var answer = await process.Qmp!.ExecuteAsync("query-migrate", GuestProcesses.ReplyLimit, cancellationToken);
            var status = QmpLine.TextOf(answer, "status"u8);
            if (status == "completed") return;
            if (status is "failed" or "cancelled")
                throw new QmpException(
                    $"QEMU could not load device state: {(QmpLine.TextOf(answer, "error-desc"u8) is { Length: > 0 } why ? why : status)}.");
            if (host.Time.GetElapsedTime(began) > StateTime)
                throw new TimeoutException($"QEMU has not loaded device state within {StateTime.TotalSeconds} s.");
            await Task.Delay(StatePoll, host.Time, cancellationToken);
        }
    }

    private static CheckpointManifest ManifestOf(QemuGuest guest, QemuProcess process, string state, MemoryPieces pieces)
    {
        if (new FileInfo(state).Length is var length and > MostStateBytes)
            throw new IOException(
                $"QEMU of guest {guest.Id} wrote {length} bytes of device state; at most {MostStateBytes} are allowed. Delete the guest.");
        var bytes = File.ReadAllBytes(state);
        if (bytes.Length == 0) throw new IOException($"The device state of guest {guest.Id} in {state} is empty.");
        var disk = new FileInfo(guest.Folder.Disk);
        return new CheckpointManifest
        {
            Version = CheckpointManifest.CurrentVersion,
            GuestId = guest.Id.Value,
            Pid = process.Process.Pid,
            StartTime = process.Process.StartTime,
            StateBytes = bytes.Length,
            StateHash = XxHash128.HashToUInt128(bytes),
            MemoryBytes = guest.Spec.MemoryMiB * MiB,
            MemoryStoredBytes = pieces.StoredBytes,
            MemorySeed = pieces.Seed,
            MemoryDigests = pieces.Digests,
            DiskBytes = disk.Length,
            DiskWrittenTicks = disk.LastWriteTimeUtc.Ticks,
            Vcpus = guest.Spec.Vcpus,
            Launch = process.Launch,
        };
    }
}
