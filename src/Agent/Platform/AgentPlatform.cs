using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Opportunism.Agent.Availability;
using Opportunism.Agent.Conditions;
using Opportunism.Agent.Guests;
using Opportunism.Agent.LocalSocket;
using Opportunism.Agent.Monitors;
using Opportunism.Agent.Transfers;
using Opportunism.Hypervisors;

namespace Opportunism.Agent.Platform;

/// <summary>Everything of the agent that differs by operating system: one class per system, listed in
/// <see cref="PlatformCatalog"/>.</summary>
/// <remarks>It keeps no state: what a method creates belongs to its caller. Besides this class only <see cref="MonitorCatalog"/>
/// and <see cref="HypervisorCatalog"/> differ by system.</remarks>
internal abstract class AgentPlatform
{
    /// <summary>Freezes the guests that an earlier agent left running, and waits until they use no CPU. The first step of <c>run</c>, and
    /// all of <c>freeze</c>; a few milliseconds.</summary>
    /// <remarks>Needs no valid settings, state, lock or log. Never throws; it prints a failure, and <c>run</c> continues.</remarks>
    /// <param name="settingsPath">The settings file; it may be invalid or missing.</param>
    /// <returns>0 when no guest runs any more, else 1.</returns>
    public abstract int FreezeLeftGuests(string settingsPath);

    /// <summary>Prepares the place for guests' memory (<see cref="GuestOptions.RamFolder"/>), once before the agent runs. May block on the
    /// file system.</summary>
    /// <returns>Null on success and where nothing has to be prepared; else the reason. Then <c>mount-memory</c> fails, and the agent
    /// runs: its hypervisor reports what it lacks.</returns>
    public abstract string? PrepareGuestMemory(GuestOptions options);

    /// <summary>Creates the folder of the agent's state, which only the agent may list or write; the user that runs guests may pass
    /// through it. Once before the agent runs.</summary>
    /// <exception cref="IOException">It cannot be created; the agent does not start.</exception>
    public abstract void MakeStateFolder(string path);

    /// <summary>Adds what the system's service manager needs to start and end this program as a service; adds nothing where the program was
    /// started in another way.</summary>
    public abstract void AddService(IServiceCollection services);

    /// <summary>Where the deciding thread sleeps. Also shows a watchdog of the service manager, if there is one, that the thread runs;
    /// wakes the thread when the machine has slept.</summary>
    /// <param name="pressure">Where a report that programs wait for memory is written before the thread is woken for it. Where the system
    /// has no such report, the next sample of the memory condition finds it.</param>
    /// <param name="time">Clock.</param>
    /// <exception cref="IOException">The system has no handle left; the agent does not start.</exception>
    public abstract IOwnedWakeUp DecidingWait(MemoryPressure pressure, TimeProvider time);

    /// <summary>Where a thread sleeps that is only woken by others: the publisher, the decision log.</summary>
    /// <exception cref="IOException">The system has no handle left; the agent does not start.</exception>
    public abstract IOwnedWakeUp WakeUp();

    /// <summary>Sleeps at least this long, which is less than a millisecond. The deciding thread only, between two looks at frozen guests:
    /// never allocates, locks or throws.</summary>
    public abstract void Pause(TimeSpan duration);

    /// <summary>How long this machine has been asleep since it started; zero where the system does not count it. The deciding thread, at
    /// each step: never allocates, blocks or throws.</summary>
    public abstract TimeSpan Asleep();

    /// <summary>Keeps the agent's memory from being swapped out, so that a freeze never waits for the disk. Once, from any
    /// thread.</summary>
    /// <returns>Null on success; else the system's error, which is logged: the agent runs nevertheless.</returns>
    public abstract string? LockMemory();

    /// <summary>Reads the CPU time that this machine has used, for the condition <c>cpu</c>. Once, while the agent starts.</summary>
    public abstract ICpuReader CpuCounters();

    /// <summary>Reads the memory of this machine, for the condition <c>memory</c>. Once, while the agent starts.</summary>
    public abstract IMemoryReader MemoryCounters();

    /// <summary>Counts the traffic of this machine. Any thread, at most once a second; may read files in memory.</summary>
    public abstract INetworkReader NetworkCounters();

    /// <summary>Marks a connection as background traffic before its first packet. Any thread; never throws: what the system lacks is
    /// skipped.</summary>
    public abstract void MarkBackground(Socket socket);

    /// <summary>Listens for programs of this desktop. Called once, by <see cref="LocalSocketListener"/>.</summary>
    /// <param name="address">The setting <c>[Agent] Socket</c>.</param>
    /// <exception cref="Exception">Nothing can be listened at; the agent ends.</exception>
    public abstract ILocalEndpoint Listen(string address);

    /// <summary>Whether the user has the active session at this desktop's screen. Any thread, for each local request; reads only
    /// memory. False when it cannot be found out.</summary>
    public abstract bool SitsHere(LocalUser user);

    /// <summary>Freezes and thaws a throw-away process the way guests are frozen, for <c>doctor</c>; one at a time. Takes about a tenth of
    /// a second and leaves nothing behind.</summary>
    /// <returns>How long it took until the process used no CPU; null with the reason when that failed.</returns>
    public abstract Task<(TimeSpan? StillIn, string Sentence)> TryBrakeAsync(
        GuestOptions options, TimeProvider time, CancellationToken cancellationToken);

    /// <summary>The monitors that the settings enable. Once, while the agent starts.</summary>
    public virtual IReadOnlyList<IActivityMonitor> MakeMonitors(MonitorOptions options, TimeProvider time) =>
        MonitorCatalog.Create(options, time);

    /// <summary>The guests of this machine, by the hypervisor that the settings name. Once, while the agent starts: its first step freezes
    /// them.</summary>
    /// <exception cref="IOException">Guests cannot be frozen on this machine; the agent does not start.</exception>
    public virtual IMachineGuests FindGuests(GuestOptions options, TimeProvider time, ILoggerFactory logs)
    {
        var module = HypervisorCatalog.Find(options.Hypervisor)!;
        return module.Make(options.Own[module], options.ForHypervisor(), time, logs);
    }
}
