using System.Runtime.Versioning;
using Opportunism.Core.Guests;
using Opportunism.Hypervisors.Linux;

namespace Opportunism.Hypervisors.Qemu;

/// <summary>Resumes suspended guests, at once or in two steps.</summary>
/// <remarks>
/// 1. Loading: memory, QEMU with its vCPUs paused, device state. The checkpoint stays complete; the guest stays Suspended.
/// 2. Unloading ends that QEMU. Nothing of the guest has run, so the checkpoint is the guest as before.
/// 3. Resuming a guest that is not loaded loads it first; then it is released as after a hold.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed class GuestLoading(
    QemuHost host, GuestTable guests, GuestProcesses processes, GuestCheckpoints checkpoints, GuestHolder holder, GuestLife life,
    GuestWatch watch)
{
    private static readonly GuestAnswer Done = new(GuestOutcome.Done);

    /// <summary>Brings a suspended guest into memory; it stays suspended.</summary>
    public async Task<GuestAnswer> LoadAsync(QemuGuest guest, CancellationToken cancellationToken)
    {
        var began = host.Time.GetTimestamp();
        if (guest.Status.IsLoaded) return new GuestAnswer(GuestOutcome.AlreadySo);
        if (guest.Status.Phase != GuestPhase.Suspended) return OnlySuspended(guest, "loaded");
        var manifest = ManifestToLoad(guest);
        holder.ThawToLoad([.. guests.All]);
        guest.Set(status => status with { IsLoading = true, Sentence = "" });
        var process = await LoadAsync(guest, manifest, cancellationToken);
        guest.SetWhile(process, status => status with { IsLoading = false, IsLoaded = true });
        QemuHypervisorLog.LogLoaded(host.Log, guest.Id, host.Time.GetElapsedTime(began).TotalMilliseconds);
        watch.Begin();
        return Done;
    }

    /// <summary>Lets a suspended guest run again.</summary>
    public async Task<GuestAnswer> ResumeAsync(QemuGuest guest, long holds, CancellationToken cancellationToken)
    {
        var began = host.Time.GetTimestamp();
        if (guest.Status.Phase == GuestPhase.Running) return new GuestAnswer(GuestOutcome.AlreadySo);
        if (guest.Status.Phase != GuestPhase.Suspended) return OnlySuspended(guest, "resumed");
        // If its QEMU has just ended or hangs its checkpoint must not be lost: it is loaded again.
        if (guest.FrozenAlone || guest.Process is not { Process.IsAlive: true, Qmp.Closed.IsCompleted: false })
            await processes.UnloadAsync(guest);
        if (guest is not { Status.IsLoaded: true, Process: { } process })
        {
            var manifest = ManifestToLoad(guest);
            guest.Set(status => status with { Phase = GuestPhase.Starting, Sentence = "", ShutItselfDown = false });
            process = await LoadAsync(guest, manifest, cancellationToken);
        }

        // It is in memory and paused, as after a hold; from here on it is released the same way.
        process.StateSave = DeviceStateSave.NotAsked;
        guest.SetWhile(process, status => status with { Phase = GuestPhase.Held, Sentence = "", HasCheckpoint = true, IsLoaded = false });
        var answer = await life.ReleaseAsync(guest, holds, cancellationToken);
        if (!answer.IsDone) return answer;
        var took = host.Time.GetElapsedTime(began);
        guest.Set(status => status with { LastResume = took });
        QemuHypervisorLog.LogResumed(host.Log, guest.Id, took.TotalMilliseconds);
        watch.Begin();
        return answer;
    }

    private static GuestAnswer OnlySuspended(QemuGuest guest, string done) =>
        new(GuestOutcome.Refused, $"Guest {guest.Id} is {guest.Status.Phase}: only a suspended guest can be {done}.");

    /// <summary>Why an existing checkpoint cannot be loaded.</summary>
    public static string UnusableCheckpoint(QemuGuest guest, string problem) =>
        $"The checkpoint of guest {guest.Id} cannot be loaded: {problem}. Run the version of the agent that wrote it, or stop the guest; "
            + "it then boots from its disk.";

    private CheckpointManifest ManifestToLoad(QemuGuest guest)
    {
        var manifest = guest.FindCheckpoint(out var problem)
            ?? throw new InvalidDataException(UnusableCheckpoint(guest, problem ?? "the guest's disk was written after it"));
        if (manifest.Launch.Accelerator == host.Machine.Accelerator && manifest.Vcpus == guest.Spec.Vcpus) return manifest;
        throw new InvalidDataException(
            $"The checkpoint of guest {guest.Id} was made with {manifest.Vcpus} CPUs on {manifest.Launch.Accelerator}, "
            + $"this node now runs {guest.Spec.Vcpus} on {host.Machine.Accelerator}. Set [Guests] Accelerator back, or stop the guest; "
                + "it boots from its disk.");
    }

    /// <summary>Brings the guest into memory; if that fails it is suspended as before.</summary>
    private async Task<QemuProcess> LoadAsync(QemuGuest guest, CheckpointManifest manifest, CancellationToken cancellationToken)
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<MemoryPieces>? loading = null;
        try
        {
            LinuxFiles.MakeFolder(host.Settings.RamFolder, LinuxFiles.GroupMayPass, 0, host.Machine.User.Gid);
            processes.MakeRam(guest, guests.OthersMiB(guest));
            await processes.FillRamAsync(guest, cancellationToken);
            loading = GuestCheckpoints.LoadMemoryAsync(guest, manifest, giveUp.Token);
            var process = await processes.LaunchAsync(guest, manifest.Launch, incoming: true, cancellationToken);
            process.SavedMemory = await loading;
            process.TakeRam(guest.Folder.Ram);
            await checkpoints.LoadStateAsync(guest, process, cancellationToken);
            return process;
        }
        catch (Exception exception)
        {
            await giveUp.CancelAsync();
            if (loading is not null) await ((Task)loading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await processes.EndAsync(guest);
            var sentence = exception is OperationCanceledException ? "" : exception.Message;
            guest.Set(status => status with { Phase = GuestPhase.Suspended, IsLoading = false, Sentence = sentence });
            throw;
        }
    }
}
