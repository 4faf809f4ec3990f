using Microsoft.Extensions.Logging;

namespace Opportunism.Agent.Monitors;

/// <summary>Runs every monitor, starts one that broke again, and knows which of them cannot see.</summary>
/// <remarks>What the deciding thread reads (<see cref="BlindMonitor"/>, <see cref="Sights"/>) are plain reads of immutable values and never block.</remarks>
public sealed class MonitorWatch
{
    /// <summary>What <see cref="BlindMonitor"/> says when every monitor can see but none has anything to watch.</summary>
    public const string NothingToWatch = "monitors";

    /// <summary>How often monitors are asked whether they still see.</summary>
    internal static readonly TimeSpan LooksEvery = TimeSpan.FromSeconds(30);

    private readonly WatchedMonitor[] monitors;
    private readonly TimeProvider time;

    /// <param name="monitors">The enabled monitors, in the order in which people read them.</param>
    /// <param name="ledger">Where what they see is remembered.</param>
    /// <param name="time">The clock for back-off and for asking.</param>
    /// <param name="log">Where changes of sight are told; never on the path of an event.</param>
    public MonitorWatch(IReadOnlyList<IActivityMonitor> monitors, ActivityLedger ledger, TimeProvider time, ILogger<MonitorWatch> log)
    {
        this.time = time;
        this.monitors = [.. monitors.Select(monitor => new WatchedMonitor(monitor, ledger, time, log))];
    }

    /// <summary>The first monitor that cannot see; <see cref="NothingToWatch"/> when all of them together watch nothing, since no
    /// information never means that the owner is away; null when the owner would be noticed. Allocates nothing.</summary>
    public string? BlindMonitor
    {
        get
        {
            var sources = 0;
            foreach (var monitor in monitors)
            {
                var sight = monitor.Sight;
                if (sight.Blind) return monitor.Name;
                sources += sight.Sources;
            }

            return sources == 0 ? NothingToWatch : null;
        }
    }

    /// <summary>What each monitor sees, in the order given.</summary>
    public IReadOnlyList<NamedSight> Sights => [.. monitors.Select(monitor => new NamedSight(monitor.Name, monitor.Sight))];

    /// <summary>Runs until cancelled; called once. No failure of a monitor ends it.</summary>
    public Task RunAsync(CancellationToken cancellationToken) =>
        Task.WhenAll([.. monitors.Select(monitor => monitor.KeepWatchingAsync(cancellationToken)), KeepLookingAsync(cancellationToken)]);

    /// <summary>Has every monitor look again now and answers what they see; for <c>doctor</c>.</summary>
    public async Task<IReadOnlyList<NamedSight>> LookAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(monitors.Select(monitor => monitor.LookOnceAsync(cancellationToken))).ConfigureAwait(false);
        return Sights;
    }

    /// <summary>Asks all of them at the same moment, so that the processor sleeps in between: each on its own would cost half a dozen wake-ups a minute.</summary>
    private async Task KeepLookingAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await LookAsync(cancellationToken).ConfigureAwait(false);
            await Task.Delay(LooksEvery, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
