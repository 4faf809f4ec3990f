using System.Net.Sockets;
using System.Runtime.Versioning;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Opportunism.Agent.Availability;
using Opportunism.Agent.Availability.Linux;
using Opportunism.Agent.Conditions;
using Opportunism.Agent.Conditions.Linux;
using Opportunism.Agent.Guests;
using Opportunism.Agent.LocalSocket;
using Opportunism.Agent.LocalSocket.Linux;
using Opportunism.Agent.Transfers;
using Opportunism.Agent.Transfers.Linux;
using Opportunism.Hypervisors.Cgroups;
using Opportunism.Hypervisors.Linux;

namespace Opportunism.Agent.Platform.Linux;

/// <summary>The agent on Linux: a systemd service, guests frozen by cgroups, a Unix socket for the command line.</summary>
[SupportedOSPlatform("linux")]
internal sealed class LinuxPlatform : AgentPlatform
{
    private readonly SeatOwner seat = new();

    /// <inheritdoc/>
    public override int FreezeLeftGuests(string settingsPath) => FreezeCommand.Run(settingsPath);

    /// <summary>Mounts it. systemd runs <c>mount-memory</c> with the right to mount, which the agent itself does not have under
    /// systemd.</summary>
    public override string? PrepareGuestMemory(GuestOptions options) =>
        GuestMemoryMount.Ensure(options.RamFolder, options.LentMemoryMiB() * 1024 * 1024);

    /// <inheritdoc/>
    public override void MakeStateFolder(string path)
    {
        Directory.CreateDirectory(path);
        // The hypervisor's user passes through it to its guests' files; set explicitly, since a umask may have removed that right.
        File.SetUnixFileMode(path, (UnixFileMode)0b111_001_001);
    }

    /// <inheritdoc/>
    public override void AddService(IServiceCollection services) => services.AddSystemd();

    /// <inheritdoc/>
    public override IOwnedWakeUp DecidingWait(MemoryPressure pressure, TimeProvider time) =>
        ServiceWatchdog.Over(new DecidingWait(pressure), time, Environment.GetEnvironmentVariable);

    /// <inheritdoc/>
    public override IOwnedWakeUp WakeUp() => new EventFdWakeUp();

    /// <inheritdoc/>
    public override void Pause(TimeSpan duration) => ShortPause.For(duration);

    /// <inheritdoc/>
    public override TimeSpan Asleep() => SleepClock.Asleep();

    /// <inheritdoc/>
    public override string? LockMemory() => MemoryLock.Lock();

    /// <inheritdoc/>
    public override ICpuReader CpuCounters() => new ProcCpuReader();

    /// <inheritdoc/>
    public override IMemoryReader MemoryCounters() => new ProcMemoryReader();

    /// <inheritdoc/>
    public override INetworkReader NetworkCounters() => new ProcNetworkReader();

    /// <inheritdoc/>
    public override void MarkBackground(Socket socket) => BackgroundMark.Set(socket);

    /// <inheritdoc/>
    public override ILocalEndpoint Listen(string address) => new UnixSocketEndpoint(address);

    /// <inheritdoc/>
    public override bool SitsHere(LocalUser user) => seat.SitsHere(user);

    /// <inheritdoc/>
    public override Task<(TimeSpan? StillIn, string Sentence)> TryBrakeAsync(
        GuestOptions options, TimeProvider time, CancellationToken cancellationToken) =>
        new FreezerTrial(options.Cgroup + "-trial", time).RunAsync(cancellationToken);
}
