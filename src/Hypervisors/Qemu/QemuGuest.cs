using System.Runtime.Versioning;
using Opportunism.Core;
using Opportunism.Core.Guests;
using Opportunism.Hypervisors.Linux;

namespace Opportunism.Hypervisors.Qemu;

/// <summary>One guest of this machine: its files, its process, its status.</summary>
/// <remarks>
/// Code that changes it holds <see cref="Busy"/>. The exceptions are holding, which must not wait for anything that a frozen QEMU keeps
/// waiting, and the end of a process; both change only <see cref="Status"/>, and only while the process is still the same.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed class QemuGuest(GuestRecord record, GuestSpec spec, GuestFolder folder, Action onChange)
{
    private readonly Lock gate = new();
    private GuestStatus status = new(spec.Id, spec, GuestPhase.Stopped);
    private QemuProcess? process;

    public GuestId Id => spec.Id;

    public GuestSpec Spec => spec;

    public GuestRecord Record => record;

    public GuestFolder Folder => folder;

    /// <summary>One request at a time.</summary>
    public SemaphoreSlim Busy { get; } = new(1, 1);

    /// <summary>True while it is frozen in its own cgroup because it could not be held.</summary>
    public bool FrozenAlone { get; set; }

    public GuestStatus Status => Volatile.Read(ref status);

    /// <summary>The process that runs it; null while it is not in memory.</summary>
    public QemuProcess? Process => Volatile.Read(ref process);

    /// <summary>Replaces its status and notifies the listener.</summary>
    public void Set(Func<GuestStatus, GuestStatus> change)
    {
        lock (gate) Volatile.Write(ref status, change(status));
        onChange();
    }

    /// <summary>The same, but only while this process still runs it.</summary>
    public bool SetWhile(QemuProcess seen, Func<GuestStatus, GuestStatus> change)
    {
        lock (gate)
        {
            if (process != seen) return false;
            Volatile.Write(ref status, change(status));
        }

        onChange();
        return true;
    }

    /// <summary>Sets the process that runs it from now on.</summary>
    public void Attach(QemuProcess started)
    {
        lock (gate) process = started;
        onChange();
    }

    /// <summary>Forgets its process; null if another thread did so before.</summary>
    public QemuProcess? Detach()
    {
        QemuProcess? ended;
        lock (gate)
        {
            ended = process;
            process = null;
        }

        onChange();
        return ended;
    }

    /// <summary>The guest kept in a folder, or null when the folder is not a guest's.</summary>
    public static QemuGuest? Load(string stateFolder, string ramFolder, GuestId id, Action onChange)
    {
        var folder = new GuestFolder(stateFolder, ramFolder, id);
        var record = QemuJson.Read(folder.Record, QemuJson.Default.GuestRecord);
        return record?.ToSpec() is { } spec && spec.Id == id ? new QemuGuest(record, spec, folder, onChange) : null;
    }

    /// <summary>The manifest of its complete checkpoint, if its files exist and the guest has not run since.</summary>
    public CheckpointManifest? FindCheckpoint() => FindCheckpoint(out _);

    /// <summary>The same, and what is wrong with a checkpoint that exists but cannot be loaded; null if there is none, or the guest has run
    /// since.</summary>
    public CheckpointManifest? FindCheckpoint(out string? problem)
    {
        problem = null;
        if (!Directory.Exists(folder.Checkpoint)) return null;
        var manifest = QemuJson.Read(Path.Combine(folder.Checkpoint, GuestCheckpoints.ManifestFile), QemuJson.Default.CheckpointManifest);
        problem = manifest is null
            ? $"{GuestCheckpoints.ManifestFile} cannot be read, or was written by another version of the agent"
            : ProblemOf(manifest);
        if (problem is not null) return null;
        var disk = new FileInfo(folder.Disk);
        return disk.Exists && disk.Length == manifest!.DiskBytes && disk.LastWriteTimeUtc.Ticks == manifest.DiskWrittenTicks
            ? manifest
            : null;
    }

    private string? ProblemOf(CheckpointManifest manifest)
    {
        if (manifest.Version != CheckpointManifest.CurrentVersion)
            return $"it has format {manifest.Version}, this agent reads format {CheckpointManifest.CurrentVersion}";
        if (manifest.GuestId != spec.Id.Value) return $"it belongs to guest {manifest.GuestId}";
        var (state, memory) = (
            new FileInfo(Path.Combine(folder.Checkpoint, GuestCheckpoints.StateFile)),
            new FileInfo(Path.Combine(folder.Checkpoint, GuestCheckpoints.MemoryFile)));
        if (!state.Exists || state.Length != manifest.StateBytes) return $"{state.FullName} does not have {manifest.StateBytes} bytes";
        if (!memory.Exists || memory.Length != manifest.MemoryBytes) return $"{memory.FullName} does not have {manifest.MemoryBytes} bytes";
        return manifest.MemoryDigests.Count == MemoryPieces.CountOf(manifest.MemoryBytes)
            ? null
            : $"it has hashes of {manifest.MemoryDigests.Count} pieces of memory";
    }

    /// <summary>Creates an empty file that the guests' user may write.</summary>
    public static void MakeOwned(string path, GuestUser user)
    {
        if (!File.Exists(path)) File.WriteAllBytes(path, []);
        File.SetUnixFileMode(path, LinuxFiles.OwnerOnly);
        LinuxFiles.ChangeOwner(path, user.Uid, user.Gid);
    }
}
