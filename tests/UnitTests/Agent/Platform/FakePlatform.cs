using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Opportunism.Agent.Availability;
using Opportunism.Agent.Conditions;
using Opportunism.Agent.Guests;
using Opportunism.Agent.LocalSocket;
using Opportunism.Agent.Monitors;
using Opportunism.Agent.Platform;
using Opportunism.Agent.Transfers;
using Opportunism.Hypervisors;
using Opportunism.Hypervisors.Fake;
using Opportunism.UnitTests.Agent.Monitors;

namespace Opportunism.UnitTests.Agent.Platform;

/// <summary>A second operating system, in memory: the agent's parts need nothing else of a system than this.</summary>
internal sealed class FakePlatform(FakeMachine machine) : AgentPlatform, INetworkReader, ICpuReader, IMemoryReader
{
    /// <summary>Who sits at the desktop.</summary>
    public static LocalUser Owner { get; } = new("owner", IsAdministrator: false);

    public ScriptedMonitor Monitor { get; } = new("scripted");

    public FakeEndpoint Endpoint { get; } = new();

    /// <summary>Every wake-up that was created.</summary>
    public List<FakeWakeUp> WakeUps { get; } = [];

    /// <summary>How often the agent's memory was locked.</summary>
    public int Locks { get; private set; }

    public override int FreezeLeftGuests(string settingsPath) => machine.FreezeAll() ? 0 : 1;

    public override string? PrepareGuestMemory(GuestOptions options) => null;

    public override void MakeStateFolder(string path) => Directory.CreateDirectory(path);

    public override void AddService(IServiceCollection services)
    {
    }

    public override IOwnedWakeUp DecidingWait(MemoryPressure pressure, TimeProvider time) => Add(new(time));

    public override IOwnedWakeUp WakeUp() => Add(new(TimeProvider.System));

    public override void Pause(TimeSpan duration)
    {
    }

    public override TimeSpan Asleep() => TimeSpan.Zero;

    public override string? LockMemory()
    {
        Locks++;
        return null;
    }

    public override ICpuReader CpuCounters() => this;

    public override IMemoryReader MemoryCounters() => this;

    CpuTimes? ICpuReader.Read() => null;

    MemoryReading? IMemoryReader.Read() => null;

    public override INetworkReader NetworkCounters() => this;

    public long? TotalBytes() => 0;

    public override void MarkBackground(Socket socket)
    {
    }

    public override ILocalEndpoint Listen(string address) => Endpoint;

    public override bool SitsHere(LocalUser user) => user == Owner;

    public override Task<(TimeSpan? StillIn, string Sentence)> TryBrakeAsync(
        GuestOptions options, TimeProvider time, CancellationToken cancellationToken) =>
        Task.FromResult<(TimeSpan?, string)>((TimeSpan.FromMilliseconds(3), "imagined"));

    public override IReadOnlyList<IActivityMonitor> MakeMonitors(MonitorOptions options, TimeProvider time) => [Monitor];

    public override IMachineGuests FindGuests(GuestOptions options, TimeProvider time, ILoggerFactory logs) =>
        new FakeHypervisor(machine, time);

    private FakeWakeUp Add(FakeWakeUp wakeUp)
    {
        WakeUps.Add(wakeUp);
        return wakeUp;
    }
}
