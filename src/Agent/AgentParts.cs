using System.Runtime.Versioning;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Opportunism.Agent.Availability;
using Opportunism.Agent.Availability.Linux;
using Opportunism.Agent.Conditions;
using Opportunism.Agent.Enrolment;
using Opportunism.Agent.Guests;
using Opportunism.Agent.LocalSocket;
using Opportunism.Agent.Monitors;
using Opportunism.Agent.Reporting;
using Opportunism.Agent.Settings;
using Opportunism.Agent.Transfers;
using Opportunism.Agent.Transfers.Linux;
using Opportunism.Contracts.Nodes;
using Opportunism.Core;
using Opportunism.Core.Availability;
using Opportunism.Core.Health;
using Opportunism.Hypervisors;
using Opportunism.Hypervisors.Cgroups;
using Opportunism.Hypervisors.Libvirt;
using Opportunism.Hypervisors.Linux;
using Opportunism.Hypervisors.Qemu;

namespace Opportunism.Agent;

/// <summary>Puts the agent's parts together and runs them: the one place that knows them all.</summary>
/// <remarks>
/// Start: 1. whatever guests there are, freeze them; 2. find out which they are; 3. the monitors watch and the deciding thread decides;
/// 4. everything else. Stop: the deciding thread freezes the guests last thing; nothing else matters to the owner.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed partial class AgentParts : BackgroundService
{
    private readonly IMachineGuests guests;
    private readonly EventFdWakeUp wakeUp = new();
    private readonly IWakeUp watchedWakeUp;
    private readonly MonitorWatch watch;
    private readonly AvailabilityLoop loop;
    private readonly IGuestKeeper keeper;
    private readonly BrakeTrial trial;
    private readonly BackgroundService[] services;
    private readonly TimeProvider time;
    private readonly ILogger<AgentParts> log;
    private bool disposed;

    public AgentParts(AgentSettings settings, TimeProvider time, ILoggerFactory logs)
    {
        this.time = time;
        log = logs.CreateLogger<AgentParts>();
        var options = settings.Guests;
        guests = HypervisorCatalog.Make(
            options.Hypervisor,
            new QemuSettings { StateFolder = options.StateFolder, RamFolder = options.RamFolder, Cgroup = options.Cgroup, RunAs = options.RunAs, RunAsRange = UserRange.TryParse(options.RunAsRange, out var range) ? range : null, Accelerator = options.Accelerator, Network = options.Network, KeepFreeMiB = options.KeepFreeMiB },
            new LibvirtSettings { Uri = options.LibvirtUri, RunFolder = options.LibvirtFolder, StateFolder = options.StateFolder, Cgroup = options.Cgroup },
            time, logs);
        // 1. Before anything can fail or take time.
        guests.Freezer.FreezeAll();

        var ledger = new ActivityLedger(time);
        watch = new MonitorWatch(MonitorCatalog.Create(settings.Monitors, time), ledger, time, logs.CreateLogger<MonitorWatch>());
        var snooze = new SnoozeCondition(Path.Combine(settings.StateFolder, "snooze"), time, null, logs.CreateLogger<SnoozeCondition>());
        var conditions = new ConditionSet(ConditionCatalog.Create(settings.Conditions, snooze, guests.Freezer.GuestCpuNanoseconds, time));
        var policy = new Level<NodePolicy>(new(false, settings.Times));
        var plan = new Level<NodePlan>(new NodePlan());
        watchedWakeUp = ServiceWatchdog.Over(wakeUp, time, Environment.GetEnvironmentVariable);
        var brake = new GuestBrake(guests.Freezer, BrakeTimes.Default, time, ShortPause.For);
        loop = new AvailabilityLoop(ledger, watch, conditions, brake, guests, policy, watchedWakeUp, time, logs.CreateLogger<AvailabilityLoop>());
        ledger.Woken = loop;
        guests.GuestsChanged += loop.Reconsider;

        SiteLink link = null!;
        var background = new BackgroundConnection();
        var traffic = new OwnerTraffic(new ProcNetworkReader(), () => background.Bytes, options.OwnerNetworkBytesPerSecond, time);
        var pace = new TransferPace(new Pace(options.TransferBytesPerSecond, time), traffic, () => loop.Status.Current.State == NodeState.Available, time);
        var files = new SiteFiles(
            () => link.Client, () => link.Transfers, pace, new FileHash(new Pace(options.CheckpointBytesPerSecond, time)), () => plan.Current.LateDiskSha256, time);
        keeper = guests is IHypervisor hypervisor
            ? new GuestKeeper(hypervisor, loop.Status, plan, files, options, time, logs.CreateLogger<GuestKeeper>())
            : new GuestCaretaker((IForeignGuests)guests, loop.Status, plan, time, logs.CreateLogger<GuestCaretaker>());
        var refused = new Level<IReadOnlyList<HealthItem>>([]);
        var health = new NodeHealth(watch, keeper.Reports, refused);
        var identities = new IdentityFile(settings.StateFolder);
        var reports = new ReportView(loop, watch, conditions, snooze, health, keeper.Reports);
        link = new SiteLink(settings.Site, new Enroller(settings.Site, identities, logs.CreateLogger<Enroller>()), reports, plan, loop, background, time, logs.CreateLogger<SiteLink>());
        trial = new BrakeTrial(new FreezerTrial(options.Cgroup + "-trial", time));
        var desk = new LocalDesk(loop, snooze, new LocalStatusView(loop, watch, conditions, snooze, health, guests, link, settings.Site), trial, new SeatOwner(), time);
        services =
        [
            new PlanPolicy(plan, policy, refused, settings.Times, snooze, loop, logs.CreateLogger<PlanPolicy>()),
            link,
            new LocalSocketListener(settings.Socket, desk, time, logs.CreateLogger<LocalSocketListener>()),
        ];
    }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await keeper.PrepareAsync(cancellationToken).ConfigureAwait(false); // 2
        await base.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    // 3 and 4. One that fails ends them all, and so the agent: without it the node must not look as if it worked.
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Together.RunAsync([DecideAsync, watch.RunAsync, keeper.RunAsync, .. services.Select(Serving), SettleMemoryAsync], time, stoppingToken);

    public override void Dispose()
    {
        // The container knows this object as itself and as a hosted service, and disposes of both.
        if (disposed) return;
        disposed = true;
        base.Dispose();
        foreach (var service in services) service.Dispose();
        trial.Dispose();
        // Letting go of guests is told to whoever listens; nobody is left who would.
        guests.GuestsChanged -= loop.Reconsider;
        guests.DisposeAsync().AsTask().GetAwaiter().GetResult();
        (watchedWakeUp as ServiceWatchdog)?.Dispose();
        wakeUp.Dispose();
    }

    /// <summary>Gives the desktop back the memory that only starting took, 4 MiB, and locks the rest in memory. The collection stops every thread for some milliseconds: it is over before the shortest <see cref="AvailabilityTimes.IdleFor"/>, so that no guest runs yet.</summary>
    private async Task SettleMemoryAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(TimeSpan.FromSeconds(1), time, cancellationToken).ConfigureAwait(false);
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        if (MemoryLock.Lock() is { } error) LogNotLocked(log, error);
    }

    private static Func<CancellationToken, Task> Serving(BackgroundService service) => async token =>
    {
        await service.StartAsync(token).ConfigureAwait(false);
        await (service.ExecuteTask ?? Task.CompletedTask).ConfigureAwait(false);
    };

    // The program does not end before the guests are frozen.
    private Task DecideAsync(CancellationToken cancellationToken) => OwnThread.RunAsync(
        "availability",
        () =>
        {
            loop.Run(cancellationToken);
            return Task.CompletedTask;
        },
        isBackground: false);
}
