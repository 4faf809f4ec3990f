using Opportunism.Agent.Availability;
using Opportunism.Agent.Conditions;
using Opportunism.Agent.Enrolment;
using Opportunism.Agent.Monitors;
using Opportunism.Agent.Reporting;
using Opportunism.Agent.Running;
using Opportunism.Contracts.Local;
using Opportunism.Hypervisors;

namespace Opportunism.Agent.LocalSocket;

/// <summary>Describes the state of this desktop for its command line. Any thread.</summary>
internal sealed class LocalStatusView(
    AvailabilityLoop loop, MonitorWatch watch, ConditionSet conditions, SnoozeCondition snooze, NodeHealth health,
    IMachineGuests guests, SiteLink link, SiteOptions site, ObstacleView obstacles)
{
    /// <summary>The current state.</summary>
    public LocalStatus Look()
    {
        var status = loop.Status.Current;
        var freeze = loop.LastFreeze.Current;
        return new()
        {
            Node = link.State.Current.Node,
            AgentVersion = AgentVersion.Text,
            State = status.State.ToString(),
            Since = status.Since,
            ReasonCode = status.Reason.Code.ToString(),
            Reason = status.Reason.Sentence,
            Obstacles = [
                .. obstacles.Look()
                    .Select(
                        obstacle => new LocalObstacle(
                            obstacle.Reason.Code.ToString(), obstacle.Reason.Source, obstacle.Sentence, obstacle.Remedy))],
            SnoozedUntil = snooze.InForce.Last,
            QuietSeconds = loop.QuietFor.TotalSeconds,
            LastSeen = loop.LastSeen,
            Monitors = [
                .. watch.Sights.Select(seen => new LocalWatcher(seen.Monitor, !seen.Sight.Blind, seen.Sight.Sources, seen.Sight.Sentence))],
            Conditions = [.. conditions.All.Select(condition => new LocalWatcher(condition.Name, condition.Holds, 0, condition.Sentence))],
            Guests = [
                .. guests.Guests.Select(
                    guest => new LocalGuest(
                        guest.Id.Value, guest.Spec.Name, guest.Phase.ToString(), guest.Spec.MemoryMiB, guest.Sentence))],
            Health = [.. health.Items.Select(item => new LocalHealth(item.Code, item.Severity.ToString(), item.Sentence, item.Remedy))],
            LastFreeze = freeze == AvailabilityLoop.None ? null
                : new(
                    freeze.At, freeze.Result.StillIn.TotalMilliseconds, freeze.Result.LeakedCpu.TotalMilliseconds, freeze.Guests,
                    ReportView.BrakeName(freeze.Result.Brake)),
            Site = site.Controller?.ToString(),
            SiteConnected = link.State.Current.Connected,
            SiteProblem = link.State.Current.Trouble,
        };
    }

    /// <summary>The same after every monitor has checked again.</summary>
    public async Task<LocalStatus> LookAnewAsync(CancellationToken cancellationToken)
    {
        await watch.LookAsync(cancellationToken);
        return Look();
    }
}
