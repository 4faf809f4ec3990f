using System.Collections.Concurrent;
using System.Runtime.Versioning;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Opportunism.Core;
using Opportunism.Core.Guests;
using Opportunism.Core.Health;
using Opportunism.Files;
using Opportunism.Hypervisors.Cgroups;
using Opportunism.Hypervisors.Linux;

namespace Opportunism.Hypervisors.Qemu;

/// <summary>Runs guests with QEMU on Linux.</summary>
[SupportedOSPlatform("linux")]
public sealed partial class QemuHypervisor : IHypervisor
{
    // Often enough to bound what a guest can pile up in its console, and what a held one can take of the CPU.
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(4);

    private readonly ConcurrentDictionary<GuestId, QemuGuest> guests = new();
    private readonly Lock publishing = new();
    private readonly Lock adding = new();
    private readonly CancellationTokenSource disposed = new();
    private readonly QemuSettings settings;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly GuestCgroups cgroups;
    private readonly CgroupFreezer freezer;
    private readonly QemuHost host;
    private readonly GuestProcesses processes;
    private readonly GuestCheckpoints checkpoints;
    private readonly GuestHolder holder;
    private readonly HeldGuestWatch heldWatch;
    private IReadOnlyList<GuestStatus> statuses = [];
    private int inMemory;
    private Task looking = Task.CompletedTask;

    /// <exception cref="IOException">Guests could not be frozen on this machine, so none may be started; the message says what to do.</exception>
    public QemuHypervisor(QemuSettings settings, TimeProvider time, ILogger<QemuHypervisor> log)
    {
        this.settings = settings;
        this.time = time;
        this.log = log;
        cgroups = GuestCgroups.Make(settings.Cgroup, CgroupMounts.Find());
        freezer = new CgroupFreezer(cgroups.Parent, cgroups.CpuRank);
        host = new QemuHost(settings, cgroups, freezer, time, log);
        processes = new GuestProcesses(host, (guest, process) => _ = OnEndedAsync(guest, process));
        checkpoints = new GuestCheckpoints(host);
        holder = new GuestHolder(host);
        heldWatch = new HeldGuestWatch(host);
    }

    /// <inheritdoc/>
    public event Action? GuestsChanged;

    /// <inheritdoc/>
    public string Name => "qemu";

    /// <inheritdoc/>
    public IGuestFreezer Freezer => freezer;

    /// <inheritdoc/>
    public int GuestsInMemory => Volatile.Read(ref inMemory);

    /// <inheritdoc/>
    public IReadOnlyList<GuestStatus> Guests => Volatile.Read(ref statuses);

    /// <inheritdoc/>
    public IReadOnlyList<HealthItem> Health => [.. guests.Values.Where(guest => guest.FrozenAlone).Select(guest => new HealthItem(
        "guests.frozen-alone", HealthSeverity.Warning, $"Guest {guest.Id} (process {guest.Process?.Process.Pid}) is frozen by the kernel on its own: {guest.Status.Sentence}.",
        "It costs the owner its memory only. If it stays so, stop the guest; if its process used the CPU while held, treat the guest as hostile."))];

    /// <inheritdoc/>
    public async Task<HypervisorProbe> ProbeAsync(CancellationToken cancellationToken)
    {
        var (machine, health) = await new QemuProbe(settings, time).RunAsync(cancellationToken);
        if (machine is not null) host.Machine = machine;
        return new HypervisorProbe(machine?.Accelerator ?? "", machine?.Version ?? "", [.. cgroups.Health, .. health]);
    }

    /// <inheritdoc/>
    public Task<GuestAnswer> StartAsync(GuestSpec spec, string imagePath, CancellationToken cancellationToken)
    {
        var holds = host.Holds;
        if (spec.Problems().FirstOrDefault() is { } problem) return Refuse(problem);
        if (!HasUserFor(spec)) return Refuse(NoUser);
        return WithAsync(FindOrAdd(spec, imagePath), guest => BootAsync(guest, holds, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<GuestAnswer> AdoptDiskAsync(GuestSpec spec, string imagePath, string diskPath, CancellationToken cancellationToken)
    {
        if (spec.Problems().FirstOrDefault() is { } problem) return Refuse(problem);
        if (!HasUserFor(spec)) return Refuse(NoUser);
        if (guests.TryGetValue(spec.Id, out var known) && File.Exists(known.Folder.Disk)) return Refuse($"Guest {spec.Id} has a disk here already. Delete the guest first.");
        if (QemuDisks.ProblemOf(diskPath, ImageFormat.Qcow2) is { } wrong) return Refuse(wrong);
        // The disk stands alone: whatever image it once began from is in it.
        return WithAsync(FindOrAdd(spec, imagePath: ""), guest =>
        {
            try
            {
                WriteRecord(guest);
                QemuDisks.Adopt(diskPath, guest.Folder.Disk, host.UserOf(guest));
            }
            catch
            {
                // Without its disk it is not here: it must not be booted from the image instead.
                if (!File.Exists(guest.Folder.Disk)) guests.TryRemove(spec.Id, out _);
                Publish();
                throw;
            }

            guest.Set(status => status with { Phase = GuestPhase.Stopped, Sentence = "" });
            return Task.FromResult(Done);
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<GuestAnswer> HoldAllAsync(CancellationToken cancellationToken) => HoldAllAsync(GuestHolder.Patience, cancellationToken);

    private async Task<GuestAnswer> HoldAllAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        var answer = await holder.HoldAllAsync([.. guests.Values], patience, cancellationToken);
        if (!answer.IsDone) LogNotHeld(log, answer.Sentence);
        return answer;
    }

    /// <inheritdoc/>
    public Task<GuestAnswer> CheckpointAsync(GuestId id, long? bytesPerSecond, CancellationToken cancellationToken) =>
        WithAsync(id, guest => SaveAsync(guest, bytesPerSecond, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<GuestAnswer> ReleaseAsync(GuestId id, CancellationToken cancellationToken)
    {
        var holds = host.Holds;
        return WithAsync(id, guest => ReleaseAsync(guest, holds, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<GuestAnswer> SuspendAsync(GuestId id, CancellationToken cancellationToken) =>
        WithAsync(id, guest => SuspendAsync(guest, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<GuestAnswer> LoadAsync(GuestId id, CancellationToken cancellationToken) =>
        WithAsync(id, guest => LoadAsync(guest, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<GuestAnswer> UnloadAsync(GuestId id, CancellationToken cancellationToken) =>
        WithAsync(id, UnloadAsync, cancellationToken);

    /// <inheritdoc/>
    public Task<GuestAnswer> ResumeAsync(GuestId id, CancellationToken cancellationToken)
    {
        var holds = host.Holds;
        return WithAsync(id, guest => ResumeAsync(guest, holds, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<GuestAnswer> StopAsync(GuestId id, TimeSpan patience, CancellationToken cancellationToken) =>
        WithAsync(id, guest => StopAsync(guest, patience, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<GuestAnswer> HoldForRoomAsync(GuestId id, CancellationToken cancellationToken) => WithAsync(id, guest => HoldForRoomAsync(guest, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public long DiskBytes(GuestId id) => guests.TryGetValue(id, out var guest) ? LinuxFiles.StoredBytes(guest.Folder.Disk) : 0;

    /// <inheritdoc/>
    public Task<GuestAnswer> ExportDiskAsync(GuestId id, string toPath, long? bytesPerSecond, CancellationToken cancellationToken) => WithAsync(id, async guest =>
    {
        if (guest.Status.InMemory) return new GuestAnswer(GuestOutcome.Refused, $"Guest {id} is in memory; its disk can be exported only when it is not.");
        if (!File.Exists(guest.Folder.Disk)) return new GuestAnswer(GuestOutcome.Refused, $"Guest {id} has no disk on this node.");
        await UnloadAsync(guest);
        await ExportRoom.CheckAsync(guest, host, cancellationToken);
        var (user, direct) = (host.UserOf(guest), host.Machine.DirectDisk);
        await QemuDisks.ExportAsync(guest.Spec, guest.Record.ImagePath, guest.Folder, toPath, user, direct, bytesPerSecond, cgroups.MakeWork(), cancellationToken);
        return Done;
    }, cancellationToken);

    /// <inheritdoc/>
    public Task<GuestAnswer> DeleteAsync(GuestId id, CancellationToken cancellationToken) =>
        guests.ContainsKey(id)
            ? WithAsync(id, async guest =>
            {
                await processes.EndAsync(guest);
                LinuxFiles.RemoveFolderForGood(guest.Folder.Root);
                guests.TryRemove(id, out _);
                Publish();
                LogDeleted(log, id);
                return Done;
            }, cancellationToken)
            : Task.FromResult(new GuestAnswer(GuestOutcome.AlreadySo));

    /// <inheritdoc/>
    public ConsoleSlice ReadConsole(GuestId id, long offset, int atMost) =>
        guests.TryGetValue(id, out var guest) ? ConsoleLog.Read(guest.Folder.Console, offset, atMost) : new ConsoleSlice(Math.Max(0, offset), ReadOnlyMemory<byte>.Empty);

    /// <summary>Lets go of every guest without ending any: they stay as they are and the next run finds them.</summary>
    public async ValueTask DisposeAsync()
    {
        await disposed.CancelAsync();
        foreach (var guest in guests.Values)
        {
            if (guest.Detach() is { } process) await host.RetireAsync(process);
        }

        await looking;
        freezer.Publish([]);
        freezer.Dispose();
        cgroups.Dispose();
        disposed.Dispose();
    }

    private static readonly GuestAnswer Done = new(GuestOutcome.Done);

    private string NoUser => $"Every user of Guests:RunAsRange ({settings.RunAsRange}) has a guest. Make the range longer.";

    private static Task<GuestAnswer> Refuse(string sentence) => Task.FromResult(new GuestAnswer(GuestOutcome.Refused, sentence));

    private QemuGuest FindOrAdd(GuestSpec spec, string imagePath)
    {
        // One at a time: two new guests must not get the same user.
        lock (adding)
        {
            if (guests.TryGetValue(spec.Id, out var known)) return known;
            var uid = settings.RunAsRange?.FirstFree(guests.Values.Select(guest => guest.Record.Uid).OfType<uint>().ToHashSet());
            return guests[spec.Id] = NewGuest(GuestRecord.Of(spec, imagePath, uid), spec);
        }
    }

    private bool HasUserFor(GuestSpec spec) => settings.RunAsRange is not { } range || guests.ContainsKey(spec.Id) || guests.Count <= range.Last - range.First;

    private QemuGuest NewGuest(GuestRecord record, GuestSpec spec) => new(record, spec, new GuestFolder(settings.StateFolder, settings.RamFolder, spec.Id), Publish);

    private Task<GuestAnswer> WithAsync(GuestId id, Func<QemuGuest, Task<GuestAnswer>> act, CancellationToken cancellationToken) =>
        guests.TryGetValue(id, out var guest) ? WithAsync(guest, act, cancellationToken) : Refuse($"There is no guest {id} on this node.");

    /// <summary>Carries one request out, alone for its guest; what a driver throws becomes an answer.</summary>
    private async Task<GuestAnswer> WithAsync(QemuGuest guest, Func<QemuGuest, Task<GuestAnswer>> act, CancellationToken cancellationToken)
    {
        await guest.Busy.WaitAsync(cancellationToken);
        try
        {
            return await act(guest);
        }
        catch (InvalidDataException exception)
        {
            LogFailed(log, guest.Id, exception.Message);
            return new GuestAnswer(GuestOutcome.Refused, exception.Message);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or TimeoutException or JsonException)
        {
            LogFailed(log, guest.Id, exception.Message);
            return new GuestAnswer(GuestOutcome.TryLater, exception.Message);
        }
        finally
        {
            guest.Busy.Release();
        }
    }

    /// <summary>What its parts share, for tests of one of them.</summary>
    internal QemuHost Host => host;

    /// <summary>A guest as this class has it, for tests of what happens between two of its steps.</summary>
    internal QemuGuest? Find(GuestId id) => guests.GetValueOrDefault(id);

    private void WriteRecord(QemuGuest guest)
    {
        var user = host.Machine.User;
        LinuxFiles.MakeFolder(guest.Folder.Root, LinuxFiles.GroupMayPass, 0, user.Gid);
        DurableFile.Replace(guest.Folder.Record, JsonSerializer.SerializeToUtf8Bytes(guest.Record, QemuJson.Default.GuestRecord));
    }

    /// <summary>Makes everybody see the same: the list, the number in memory, and the processes that the brake reaches.</summary>
    private void Publish()
    {
        lock (publishing)
        {
            var all = guests.Values.ToArray();
            freezer.Publish([.. all.Select(guest => guest.Process?.Frozen).OfType<FrozenProcess>()]);
            var now = all.Select(guest => guest.Status).OrderBy(status => status.Id.Value, StringComparer.Ordinal).ToArray();
            Volatile.Write(ref inMemory, now.Count(status => status.InMemory));
            Volatile.Write(ref statuses, now);
        }

        GuestsChanged?.Invoke();
    }
}
