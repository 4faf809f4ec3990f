using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Opportunism.Agent.Availability;
using Opportunism.Agent.Conditions;
using Opportunism.Agent.Enrolment;
using Opportunism.Agent.Guests;
using Opportunism.Agent.LocalSocket;
using Opportunism.Agent.Monitors;
using Opportunism.Agent.Reporting;
using Opportunism.Agent.Transfers;
using Opportunism.Contracts.Nodes;
using Opportunism.Core;
using Opportunism.Core.Health;
using Opportunism.Hypervisors.Fake;
using Xunit;

namespace Opportunism.UnitTests.Agent.Reporting;

/// <summary>The snooze as the desktop's status and the report to the controller tell of it.</summary>
public sealed class SnoozeShownTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("opp-snooze-").FullName;
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void One_that_is_over_is_told_no_longer()
    {
        var snooze = new SnoozeCondition(Path.Combine(folder, "snooze"), time, null, NullLogger<SnoozeCondition>.Instance);
        var (report, view) = Views(snooze);
        var until = time.GetUtcNow() + TimeSpan.FromHours(1);
        snooze.Set(SnoozeBy.Owner, until);
        Assert.Equal((until, until), (report.Report("run", 1).SnoozedUntil?.ToDateTimeOffset(), view.Look().SnoozedUntil));

        time.Advance(TimeSpan.FromHours(1));

        Assert.Equal((null, null), (report.Report("run", 2).SnoozedUntil, view.Look().SnoozedUntil));
    }

    private (ReportView Report, LocalStatusView View) Views(SnoozeCondition snooze)
    {
        var ledger = new ActivityLedger(time);
        var machine = new FakeMachine(time);
        var hypervisor = new FakeHypervisor(machine, time);
        var watch = new MonitorWatch([], ledger, time, NullLogger<MonitorWatch>.Instance);
        var conditions = new ConditionSet([snooze]);
        var loop = new AvailabilityLoop(
            ledger, watch, conditions, new GuestBrake(machine, BrakeTimes.Default, time, time.Advance), hypervisor,
            new Level<NodeFlags>(new(false, new())),
            new SilentWakeUp(), time, new SilentWakeUp(), new DecisionLog(new SilentWakeUp(), NullLogger<DecisionLog>.Instance));
        var guests = new Level<GuestsReport>(GuestsReport.NotYet);
        var health = new NodeHealth(watch, guests, new Level<IReadOnlyList<HealthItem>>([]));
        var obstacles = new ObstacleView(loop, watch, conditions);
        var report = new ReportView(loop, watch, conditions, snooze, health, guests, obstacles);
        var site = new SiteOptions();
        var link = new SiteLink(
            site, new Enroller(site, new IdentityFile(folder), NullLogger<Enroller>.Instance), report, new Level<NodePlan>(new NodePlan()),
            loop, new BackgroundConnection(_ => { }), time,
            NullLogger<SiteLink>.Instance);
        return (report, new LocalStatusView(loop, watch, conditions, snooze, health, hypervisor, link, site, obstacles));
    }
}
