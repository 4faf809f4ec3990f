using System.Runtime.Versioning;
using Microsoft.Extensions.Logging;
using Opportunism.Core;
using Opportunism.Core.Guests;
using Opportunism.Core.Health;
using Opportunism.Hypervisors.Cgroups;
using Opportunism.Hypervisors.Linux;

namespace Opportunism.Hypervisors.Qemu;

/// <summary>Runs guests with QEMU on Linux.</summary>
[SupportedOSPlatform("linux")]
public sealed class QemuHypervisor : IHypervisor
{
    // The longest time that an operating system needs to shut down; a later end counts as the guest's own.
    private static readonly TimeSpan ShutdownTakes = TimeSpan.FromMinutes(10);

    private static readonly GuestAnswer Done = new(GuestOutcome.Done);

    private readonly CancellationTokenSource disposed = new();
    private readonly QemuHost host;
    private readonly GuestTable guests;
    private readonly GuestProcesses processes;
    private readonly GuestHolder holder;
    private readonly GuestWatch watch;
    private readonly GuestLife life;
    private readonly GuestLoading loading;
    private readonly GuestRecovery recovery;

    /// <exception cref="IOException">Guests could not be frozen on this machine, so none may be started; the message has the
    /// remedy.</exception>
    public QemuHypervisor(QemuSettings settings, TimeProvider time, ILogger<QemuHypervisor> log)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var cgroups = GuestCgroups.Make(settings.Cgroup, CgroupMounts.Find());
        host = new QemuHost(settings, cgroups, new CgroupFreezer(cgroups.Parent, cgroups.CpuRank), time, log);
        guests = new GuestTable(host);
        processes = new GuestProcesses(host, (guest, process) => _ = OnEndedAsync(guest, process));
        var checkpoints = new GuestCheckpoints(host);
        holder = new GuestHolder(host);
        watch = new GuestWatch(host, guests, checkpoints, UnloadAsync);
        life = new GuestLife(host, guests, processes, checkpoints, holder, watch);
        loading = new GuestLoading(host, guests, processes, checkpoints, holder, life, watch);
        recovery = new GuestRecovery(host, guests, processes, holder, watch);
    }

    /// <inheritdoc/>
    public event Action? GuestsChanged
    {
        add => guests.Changed += value;
        remove => guests.Changed -= value;
    }

    /// <inheritdoc/>
    public string Name => "qemu";

    /// <inheritdoc/>
    public T Match<T>(Func<IHypervisor, T> ownGuests, Func<IForeignGuests, T> foreignGuests)
    {
        ArgumentNullException.ThrowIfNull(ownGuests);
        return ownGuests(this);
    }

    /// <inheritdoc/>
    public IGuestFreezer Freezer => host.Freezer;

    /// <inheritdoc/>
    public int GuestsInMemory => guests.InMemory;

    /// <inheritdoc/>
    public IReadOnlyList<GuestStatus> Guests => guests.Statuses;

    /// <inheritdoc/>
    public IReadOnlyList<HealthItem> Health => [.. guests.All.Where(guest => guest.FrozenAlone).Select(guest => new HealthItem(
        "guests.frozen-alone", HealthSeverity.Warning,
        $"Guest {guest.Id} (process {guest.Process?.Process.Pid}) is frozen by the kernel: {guest.Status.Sentence}.",
        "It costs the owner its memory only. If it stays so, stop the guest; if its process used the CPU while held, treat the guest as "
            + "hostile."))];

    /// <inheritdoc/>
    public Task RecoverAsync(CancellationToken cancellationToken) => recovery.RecoverAsync(cancellationToken);

    /// <inheritdoc/>
    public async Task<HypervisorProbe> ProbeAsync(CancellationToken cancellationToken)
    {
        var (machine, health) = await new QemuProbe(host.Settings, host.Time).RunAsync(cancellationToken);
        if (machine is not null) host.Machine = machine;
        return new HypervisorProbe(machine?.Accelerator ?? "", machine?.Version ?? "", [.. host.Cgroups.Health, .. health]);
    }

    /// <inheritdoc/>
    public Task<GuestAnswer> StartAsync(GuestSpec spec, string imagePath, CancellationToken cancellationToken)
    {
        var holds = host.Holds;
        if (spec.Problems().FirstOrDefault() is { } problem) return Refuse(problem);
        if (!guests.HasUserFor(spec)) return Refuse(NoUser);
        return guests.WithAsync(
            guests.FindOrAdd(spec, imagePath), guest => life.BootAsync(guest, holds, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<GuestAnswer> AdoptDiskAsync(GuestSpec spec, string imagePath, string diskPath, CancellationToken cancellationToken)
    {
        if (spec.Problems().FirstOrDefault() is { } problem) return Refuse(problem);
        if (!guests.HasUserFor(spec)) return Refuse(NoUser);
        if (guests.Find(spec.Id) is { } known && File.Exists(known.Folder.Disk))
            return Refuse($"Guest {spec.Id} has a disk here already. Delete the guest first.");
        if (QemuDisks.ProblemOf(diskPath, ImageFormat.Qcow2) is { } wrong) return Refuse(wrong);
        // The disk has no backing image: the image that it once started from is included.
        return guests.WithAsync(guests.FindOrAdd(spec, imagePath: ""), guest =>
        {
            try
            {
                life.WriteRecord(guest);
                QemuDisks.Adopt(diskPath, guest.Folder.Disk, host.UserOf(guest));
            }
            catch
            {
                // Without its disk the guest is not here: it must not be booted from the image instead.
                if (!File.Exists(guest.Folder.Disk)) guests.Remove(spec.Id);
                throw;
            }

            guest.Set(status => status with { Phase = GuestPhase.Stopped, Sentence = "" });
            return Task.FromResult(Done);
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<GuestAnswer> HoldAllAsync(CancellationToken cancellationToken)
    {
        var answer = await holder.HoldAllAsync([.. guests.All], GuestHolder.TimeLimit, cancellationToken);
        if (!answer.IsDone) QemuHypervisorLog.LogNotHeld(host.Log, answer.Sentence);
        return answer;
    }

    /// <inheritdoc/>
    public Task<GuestAnswer> CheckpointAsync(GuestId id, long? bytesPerSecond, CancellationToken cancellationToken) =>
        guests.WithAsync(id, guest => life.SaveAsync(guest, bytesPerSecond, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<GuestAnswer> ReleaseAsync(GuestId id, CancellationToken cancellationToken)
    {
        var holds = host.Holds;
        return guests.WithAsync(id, guest => life.ReleaseAsync(guest, holds, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<GuestAnswer> SuspendAsync(GuestId id, CancellationToken cancellationToken) =>
        guests.WithAsync(id, guest => life.SuspendAsync(guest, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<GuestAnswer> LoadAsync(GuestId id, CancellationToken cancellationToken) =>
        guests.WithAsync(id, guest => loading.LoadAsync(guest, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<GuestAnswer> UnloadAsync(GuestId id, CancellationToken cancellationToken) =>
        guests.WithAsync(id, processes.UnloadAsync, cancellationToken);

    /// <inheritdoc/>
    public Task<GuestAnswer> ResumeAsync(GuestId id, CancellationToken cancellationToken)
    {
        var holds = host.Holds;
        return guests.WithAsync(id, guest => loading.ResumeAsync(guest, holds, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<GuestAnswer> StopAsync(GuestId id, TimeSpan patience, CancellationToken cancellationToken) =>
        guests.WithAsync(id, guest => life.StopAsync(guest, patience, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<GuestAnswer> HoldForRoomAsync(GuestId id, CancellationToken cancellationToken) =>
        guests.WithAsync(id, guest => GuestLife.HoldForRoomAsync(guest, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public long DiskBytes(GuestId id) => guests.Find(id) is { } guest ? LinuxFiles.StoredBytes(guest.Folder.Disk) : 0;

    /// <inheritdoc/>
    public Task<GuestAnswer> ExportDiskAsync(GuestId id, string toPath, long? bytesPerSecond, CancellationToken cancellationToken) =>
        guests.WithAsync(id, async guest =>
    {
        if (guest.Status.InMemory)
            return new GuestAnswer(GuestOutcome.Refused, $"Guest {id} is in memory; its disk can be exported only when it is not.");
        if (!File.Exists(guest.Folder.Disk)) return new GuestAnswer(GuestOutcome.Refused, $"Guest {id} has no disk on this node.");
        await processes.UnloadAsync(guest);
        await ExportRoom.CheckAsync(guest, host, cancellationToken);
        var (user, direct) = (host.UserOf(guest), host.Machine.DirectDisk);
        await QemuDisks.ExportAsync(
            guest.Spec, guest.Record.ImagePath, guest.Folder, toPath, user, direct, bytesPerSecond, host.Cgroups.MakeWork(),
            cancellationToken);
        return Done;
    }, cancellationToken);

    /// <inheritdoc/>
    public Task<GuestAnswer> DeleteAsync(GuestId id, CancellationToken cancellationToken) =>
        guests.Find(id) is not null
            ? guests.WithAsync(id, async guest =>
            {
                await processes.EndAsync(guest);
                LinuxFiles.RemoveFolderForGood(guest.Folder.Root);
                guests.Remove(id);
                QemuHypervisorLog.LogDeleted(host.Log, id);
                return Done;
            }, cancellationToken)
            : Task.FromResult(new GuestAnswer(GuestOutcome.AlreadySo));

    /// <inheritdoc/>
    public ConsoleSlice ReadConsole(GuestId id, long offset, int atMost) =>
        guests.Find(id) is { } guest
            ? ConsoleLog.Read(guest.Folder.Console, offset, atMost)
            : new ConsoleSlice(Math.Max(0, offset), ReadOnlyMemory<byte>.Empty);

    /// <summary>Detaches from every guest without ending any: they stay as they are and the next run finds them.</summary>
    public async ValueTask DisposeAsync()
    {
        await disposed.CancelAsync();
        await watch.DisposeAsync();
        foreach (var guest in guests.All)
        {
            if (guest.Detach() is { } process) await host.RetireAsync(process);
        }

        host.Freezer.Publish([]);
        host.Freezer.Dispose();
        host.Cgroups.Dispose();
        disposed.Dispose();
    }

    private string NoUser => $"Every user of [Guests] RunAsRange ({host.Settings.RunAsRange}) has a guest. Make the range longer.";

    private static Task<GuestAnswer> Refuse(string sentence) => Task.FromResult(new GuestAnswer(GuestOutcome.Refused, sentence));

    /// <summary>What its parts share, for tests of a single part.</summary>
    internal QemuHost Host => host;

    /// <summary>A guest's internal object, for tests of what happens between two steps.</summary>
    internal QemuGuest? Find(GuestId id) => guests.Find(id);

    /// <summary>A QEMU has closed its socket: decides the state of its guest, unless a request has done so already.</summary>
    private async Task OnEndedAsync(QemuGuest guest, QemuProcess process)
    {
        if (disposed.IsCancellationRequested || guest.Process != process) return;
        await guest.Busy.WaitAsync();
        try
        {
            if (guest.Process != process || disposed.IsCancellationRequested) return;
            // A running QEMU that cannot be held must not run.
            await processes.EndAsync(guest);
            var saved = guest.FindCheckpoint() is not null;
            GuestCheckpoints.Clear(guest);
            // A stop that was cancelled because the tenant started it again: it still ends, but has not shut itself down.
            var asAsked = process is { GuestShutDown: true, AskedToShutDown: { } asked } && host.Time.GetElapsedTime(asked) < ShutdownTakes;
            var shutItselfDown = process.GuestShutDown && !asAsked;
            var sentence = asAsked ? ""
                : shutItselfDown ? "it shut itself down"
                : saved ? "QEMU ended while the guest was held; its checkpoint is complete"
                : $"QEMU ended unexpectedly; the guest boots from its disk. {GuestProcesses.LastComplaint(guest)}".TrimEnd();
            guest.Set(
                status => status with
                {
                    Phase = saved ? GuestPhase.Suspended : GuestPhase.Stopped,
                    Sentence = sentence,
                    WaitsForRoom = false,
                    HasCheckpoint = saved,
                    ShutItselfDown = shutItselfDown,
                });
            if (asAsked) QemuHypervisorLog.LogStopped(host.Log, guest.Id);
            else if (shutItselfDown) QemuHypervisorLog.LogShutItselfDown(host.Log, guest.Id);
            else QemuHypervisorLog.LogCrashed(host.Log, guest.Id, saved, GuestProcesses.LastComplaint(guest));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            QemuHypervisorLog.LogFailed(host.Log, guest.Id, exception.Message);
        }
        finally
        {
            guest.Busy.Release();
        }
    }
}
