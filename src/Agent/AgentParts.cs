using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Opportunism.Agent.Availability;
using Opportunism.Agent.Conditions;
using Opportunism.Agent.Enrolment;
using Opportunism.Agent.Guests;
using Opportunism.Agent.LocalSocket;
using Opportunism.Agent.Monitors;
using Opportunism.Agent.Platform;
using Opportunism.Agent.Reporting;
using Opportunism.Agent.Running;
using Opportunism.Agent.Settings;
using Opportunism.Agent.Transfers;
using Opportunism.Contracts.Nodes;
using Opportunism.Core;
using Opportunism.Core.Availability;
using Opportunism.Core.Health;
using Opportunism.Hypervisors;

namespace Opportunism.Agent;

/// <summary>Builds the agent's parts and runs them: the only place that uses all of them.</summary>
/// <remarks>
/// Start: 1. freeze whatever guests there are; 2. find out which they are; 3. start the monitors and the deciding thread;
/// 4. everything else. Shutdown: the deciding thread freezes the guests as its last step; nothing else matters to the owner.
/// </remarks>
internal sealed partial class AgentParts : BackgroundService
{
    // For the last entries; a log that is not read does not keep the agent from shutting down.
    private static readonly TimeSpan LogTimeLimit = TimeSpan.FromSeconds(1);

    private readonly AgentPlatform platform;
    private readonly IMachineGuests guests;
    private readonly MemoryPressure pressure = new();
    private readonly IOwnedWakeUp deciding, publishing, logging;
    private readonly MonitorWatch watch;
    private readonly AvailabilityLoop loop;
    private readonly DecisionLog decisions;
    private readonly IGuestKeeper keeper;
    private readonly BrakeTrial trial;
    private readonly BackgroundService[] services;
    private readonly TimeProvider time;
    private readonly ILogger<AgentParts> log;
    private bool disposed;

    public AgentParts(AgentSettings settings, AgentPlatform platform, TimeProvider time, ILoggerFactory logs)
    {
        (this.platform, this.time) = (platform, time);
        log = logs.CreateLogger<AgentParts>();
        var options = settings.Guests;
        guests = platform.FindGuests(options, time, logs);
        // 1. Before anything can fail or take time.
        guests.Freezer.FreezeAll();

        var ledger = new ActivityLedger(time);
        watch = new MonitorWatch(
            platform.MakeMonitors(settings.Monitors, time), ledger, time, logs.CreateLogger<MonitorWatch>(), settings.Monitors.WithoutSeat);
        var snooze = new SnoozeCondition(Path.Combine(settings.StateFolder, "snooze"), time, null, logs.CreateLogger<SnoozeCondition>());
        var flags = new Level<NodeFlags>(new(false, settings.Times));
        var plan = new Level<NodePlan>(new NodePlan());
        // Guests that are about to be resumed count until the node lends; afterwards their memory is in use anyway.
        var upcoming = new UpcomingGuests(guests, plan);
        var listed = ConditionCatalog.Create(settings.Conditions, new(snooze, guests.Freezer.GuestCpuNanoseconds, time,
            platform.CpuCounters, platform.MemoryCounters, () => loop!.Lends ? 0 : upcoming.MiB(), pressure));
        var conditions = new ConditionSet([.. listed, new GuestsCondition(guests)]);
        deciding = platform.DecidingWait(pressure, time);
        (publishing, logging) = (platform.WakeUp(), platform.WakeUp());
        var brake = new GuestBrake(guests.Freezer, BrakeTimes.Default, time, platform.Pause);
        decisions = new DecisionLog(logging, logs.CreateLogger<DecisionLog>());
        loop = new AvailabilityLoop(ledger, watch, conditions, brake, guests, flags, deciding, time, publishing, decisions,
            platform.Asleep, upcoming.Any);
        ledger.Woken = loop;
        guests.GuestsChanged += loop.Reconsider;

        SiteLink link = null!;
        var background = new BackgroundConnection(platform.MarkBackground);
        var traffic = new OwnerTraffic(platform.NetworkCounters(), () => background.Bytes, options.OwnerNetworkBytesPerSecond, time);
        var pace = new TransferPace(
            new Pace(options.TransferBytesPerSecond, time), traffic, () => loop.Status.Current.State == NodeState.Available, time);
        var hash = new FileHash(new Pace(options.CheckpointBytesPerSecond, time));
        var files = new SiteFiles(() => link.Client, () => link.Transfers, pace, hash, () => plan.Current.LateDiskSha256, time);
        keeper = guests.Match<IGuestKeeper>(
            own => new GuestKeeper(own, loop.Status, plan, files, options, time, logs.CreateLogger<GuestKeeper>()),
            foreign => new ForeignGuestKeeper(foreign, loop.Status, plan, time, logs.CreateLogger<ForeignGuestKeeper>()));
        var refused = new Level<IReadOnlyList<HealthItem>>([]);
        var health = new NodeHealth(watch, keeper.Reports, refused);
        var identities = new IdentityFile(settings.StateFolder);
        var obstacles = new ObstacleView(loop, watch, conditions);
        var reports = new ReportView(loop, watch, conditions, snooze, health, keeper.Reports, obstacles);
        link = new SiteLink(
            settings.Site, new Enroller(settings.Site, identities, logs.CreateLogger<Enroller>()), reports, plan, loop, background, time,
            logs.CreateLogger<SiteLink>());
        trial = new BrakeTrial(token => platform.TryBrakeAsync(options, time, token));
        var status = new LocalStatusView(loop, watch, conditions, snooze, health, guests, link, settings.Site, obstacles);
        var desk = new LocalRequests(loop, snooze, status, trial, platform.SitsHere, time);
        services =
        [
            new PlanTimes(plan, flags, refused, settings.Times, snooze, loop, logs.CreateLogger<PlanTimes>()),
            link,
            new LocalSocketListener(
                () => platform.Listen(settings.Socket), desk, new LocalPlaces(platform.SitsHere), time,
                logs.CreateLogger<LocalSocketListener>()),
        ];
    }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await keeper.PrepareAsync(cancellationToken); // 2
        await base.StartAsync(cancellationToken);
    }

    // 3 and 4. One that fails ends them all and the agent: a node that lacks one of them must not look healthy.
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        TaskGroup.RunAsync(
            [DecideAsync, watch.RunAsync, keeper.RunAsync, .. services.Select(Serving), SettleMemoryAsync], time, stoppingToken);

    public override void Dispose()
    {
        // The container has this object twice, as itself and as a hosted service, and disposes of both.
        if (disposed) return;
        disposed = true;
        base.Dispose();
        foreach (var service in services) service.Dispose();
        trial.Dispose();
        // Detaching from guests raises Changed; no listener may be left by then.
        guests.GuestsChanged -= loop.Reconsider;
        guests.DisposeAsync().AsTask().GetAwaiter().GetResult();
        deciding.Dispose();
        publishing.Dispose();
        logging.Dispose();
    }

    /// <summary>Frees the memory that was needed only for starting, 4 MiB, and locks the rest in memory. The collection halts every thread
    /// for some milliseconds: it is over before the shortest <see cref="AvailabilityTimes.IdleFor"/>, so that no guest runs yet.</summary>
    private async Task SettleMemoryAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(TimeSpan.FromSeconds(1), time, cancellationToken);
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        if (platform.LockMemory() is { } error) LogNotLocked(log, error);
    }

    private static Func<CancellationToken, Task> Serving(BackgroundService service) => async token =>
    {
        await service.StartAsync(token);
        await (service.ExecuteTask ?? Task.CompletedTask);
    };

    /// <summary>The deciding thread, and the two that show and log its decisions; these end after it, so that its last decision is shown
    /// and logged.</summary>
    private async Task DecideAsync(CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var decided = new CancellationTokenSource();
        Task[] after = [
            OwnThread.RunAsync("publisher", Blocking(() => loop.Publisher.Run(decided.Token))),
            OwnThread.RunAsync("decision log", Blocking(() => decisions.Run(decided.Token)))];
        // The program does not end before the guests are frozen.
        var decisionThread = OwnThread.RunAsync("availability", Blocking(() => loop.Run(end.Token)), isBackground: false);
        try
        {
            // Each of them ends only when cancelled, so one that ends earlier has failed; then the agent ends too.
            await (await Task.WhenAny([decisionThread, .. after]));
        }
        finally
        {
            await end.CancelAsync();
            await decisionThread.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await decided.CancelAsync();
            await Task.WhenAll(after).WaitAsync(LogTimeLimit, time, CancellationToken.None)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static Func<Task> Blocking(Action run) => () =>
    {
        run();
        return Task.CompletedTask;
    };
}
