using Microsoft.Extensions.Logging;
using Opportunism.Agent.Running;
using Opportunism.Core;
using Opportunism.Core.Health;

namespace Opportunism.Agent.Monitors;

/// <summary>One monitor under supervision: its thread, its status, and what counts while it has failed or does not reply.</summary>
/// <remarks>The monitor's thread and the checking task both replace <see cref="Sight"/>; it is one immutable reference.</remarks>
internal sealed class WatchedMonitor(IActivityMonitor monitor, ActivityLedger ledger, TimeProvider time, ILogger log) : IActivitySink
{
    /// <summary>After this long without a reply a monitor counts as hung.</summary>
    internal static readonly TimeSpan ReplyLimit = TimeSpan.FromSeconds(5);

    /// <summary>Pauses before a failed monitor is restarted.</summary>
    internal static readonly Backoff Pauses = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));

    private MonitorStatus sight = MonitorStatus.NotYet;
    private MonitorStatus saidBefore = MonitorStatus.NotYet;
    private Task<MonitorStatus>? question;
    private volatile bool running;

    public string Name { get; } = monitor.Name;

    public MonitorStatus Sight => Volatile.Read(ref sight);

    public void Seen(ActivitySource? source = null) => ledger.Seen(Name, source);

    public void Seen(TimeSpan ago, ActivitySource? source = null) => ledger.Seen(Name, ago, source);

    public void SightChanged(MonitorStatus sight) => Told(Interlocked.Exchange(ref this.sight, sight), sight);

    /// <summary>Runs the monitor on a thread of its own, again and again, until cancelled.</summary>
    public async Task KeepWatchingAsync(CancellationToken cancellationToken)
    {
        var failures = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            var started = time.GetTimestamp();
            Exception? failure = null;
            try
            {
                running = true;
                await OwnThread.RunAsync($"monitor {Name}", () => monitor.WatchAsync(this, cancellationToken));
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception broken)
            {
                failure = broken;
            }

            running = false;
            if (cancellationToken.IsCancellationRequested) return;

            // It ran without failure for a while, so this counts as the first failure in a row.
            if (time.GetElapsedTime(started) >= Pauses.Longest) failures = 0;
            var pause = Pauses.After(++failures);
            var why = failure is null ? "it stopped by itself" : failure.Message;
            MonitorWatchLog.Broke(log, Name, pause, why, failure);
            SightChanged(
                Down(
                    "monitor.broken", $"The monitor {Name} failed: {why}",
                    "Restarting it. If this persists, disable it in [Monitors] Enabled and report the agent's log."));
            if (!await PausedAsync(pause, cancellationToken)) return;
        }
    }

    /// <summary>Starts a check and does not wait; <see cref="Judge"/> evaluates it <see cref="ReplyLimit"/> later. One caller at a
    /// time.</summary>
    public void Ask()
    {
        // A failed monitor is not checked: it is blind until it runs and reports that it sees. One that has not replied to the last check
        // is not checked again: checks would pile up.
        if (!running || question is { IsCompleted: false }) return;
        saidBefore = Sight;
        try
        {
            question = monitor.LookAsync(CancellationToken.None);
        }
        catch (Exception broken)
        {
            question = Task.FromException<MonitorStatus>(broken);
        }
    }

    /// <summary>Takes the result of <see cref="Ask"/>; a monitor that has not replied is blind from then on. The same caller.</summary>
    public void Judge()
    {
        if (!running || question is not { } asked) return;
        if (asked.IsCompletedSuccessfully) Take(asked.Result, saidBefore);
        else if (asked.IsCompleted) Failed(asked.Exception?.InnerException ?? new OperationCanceledException());
        else Hung();
    }

    /// <summary>Checks at once, even while another check is under way, and takes the result; a monitor that does not reply in time is blind
    /// from then on.</summary>
    public async Task LookOnceAsync(CancellationToken cancellationToken)
    {
        if (!running) return;
        var before = Sight;
        using var givenUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            Take(await monitor.LookAsync(givenUp.Token).WaitAsync(ReplyLimit, time, cancellationToken), before);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Cancelled: what it sees no longer matters.
        }
        catch (TimeoutException)
        {
            await givenUp.CancelAsync();
            Hung();
        }
        catch (Exception broken)
        {
            Failed(broken);
        }
    }

    private void Take(MonitorStatus answer, MonitorStatus before)
    {
        // What the monitor reported by itself since is newer than its reply.
        if (ReferenceEquals(Interlocked.CompareExchange(ref sight, answer, before), before)) Told(before, answer);
    }

    private void Hung()
    {
        MonitorWatchLog.Hung(log, Name, ReplyLimit);
        SightChanged(
            Down(
                "monitor.hung", $"The monitor {Name} has not replied for {ReplyLimit.TotalSeconds:0} s.",
                "Restart the agent. If it happens again, disable the monitor in the agent's settings and report it."));
    }

    private void Failed(Exception broken)
    {
        MonitorWatchLog.LookFailed(log, Name, broken.Message, broken);
        SightChanged(
            Down(
                "monitor.broken", $"The status of monitor {Name} could not be read: {broken.Message}",
                "Retrying in 30 s. If this persists, restart the agent."));
    }

    private static MonitorStatus Down(string code, string sentence, string remedy) =>
        new(0, Blind: true, sentence, [new HealthItem(code, HealthSeverity.Error, sentence, remedy)]);

    private void Told(MonitorStatus before, MonitorStatus now)
    {
        if (before.Blind && !now.Blind)
        {
            ledger.CountAsSeen();
            MonitorWatchLog.Sees(log, Name, now.Sentence);
        }
        else if (now.Blind && (!before.Blind || before.Sentence != now.Sentence))
        {
            MonitorWatchLog.Blind(log, Name, now.Sentence);
        }

        if (before.Blind != now.Blind || before.Sources != now.Sources || before.OfSeat != now.OfSeat) ledger.Wake();
    }

    private async Task<bool> PausedAsync(TimeSpan pause, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(pause, time, cancellationToken);
            return true;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
