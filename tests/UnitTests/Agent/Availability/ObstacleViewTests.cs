using Opportunism.Agent.Availability;
using Opportunism.Agent.Conditions;
using Opportunism.Agent.Monitors;
using Opportunism.Core.Availability;
using Opportunism.Core.Guests;
using Opportunism.Core.Health;
using Opportunism.UnitTests.Agent.Monitors;
using Xunit;
using static Opportunism.UnitTests.Agent.Availability.DecidingSite;

namespace Opportunism.UnitTests.Agent.Availability;

/// <summary>What is shown is what holds now: all of it, and none of it once the node is lent.</summary>
public sealed class ObstacleViewTests
{
    /// <summary>As seen: a machine without a seat for which status said for ever "the agent has just started".</summary>
    [Fact]
    public async Task A_machine_without_a_seat_shows_that_nothing_can_be_watched_and_how_to_lend_it()
    {
        await using var site = await MakeAsync();
        await LookAsync(site, ScriptedMonitor.Sees(0));
        site.Pass(TimeSpan.FromHours(1));

        Assert.Equal(ReasonCode.Starting, site.Shown.Reason.Code);
        var obstacle = Assert.Single(Look(site));
        Assert.Equal(new Reason(ReasonCode.MonitorBlind, MonitorWatch.NothingToWatch), obstacle.Reason);
        Assert.StartsWith("no monitor has anything to watch", obstacle.Sentence, StringComparison.Ordinal);
        Assert.Contains("WithoutSeat = lend", obstacle.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_machine_without_a_seat_is_lent_where_that_is_asked_for()
    {
        await using var site = await MakeAsync(withoutSeat: WithoutSeat.Lend);
        await LookAsync(site, ScriptedMonitor.Sees(0));
        site.Pass(Times.IdleFor);

        Assert.Empty(Look(site));
        Assert.Equal(NodeState.Available, site.Shown.State);
    }

    [Fact]
    public async Task Everything_in_the_way_is_shown_at_once_each_with_what_would_change_it()
    {
        await using var site = await MakeAsync();
        await LookAsync(
            site,
            new MonitorStatus(
                0, Blind: true, "3 devices cannot be opened",
                [new HealthItem("input.denied", HealthSeverity.Error, "", "Run the agent as root.")]));
        site.AvailableMiB = 100;
        site.Time.Pass(TimeSpan.FromSeconds(3));
        site.Monitor.Sink.Seen();
        site.Time.Pass(TimeSpan.FromSeconds(12));
        site.Loop.Reconsider();
        site.Policy.Set(site.Policy.Current with { Drained = true });
        site.Loop.Step();

        var all = Look(site);

        Assert.Equal(
            [ReasonCode.TakenBack, ReasonCode.OwnerSeen, ReasonCode.MonitorBlind, ReasonCode.MemoryNeeded, ReasonCode.ConditionFails],
            all.Select(obstacle => obstacle.Reason.Code));
        Assert.Contains("undrain", all[0].Remedy, StringComparison.Ordinal);
        Assert.Equal("the owner was seen by scripted 12 s ago", all[1].Sentence);
        Assert.Equal("Without activity it is over in 48 s: 60 s of quiet are needed.", all[1].Remedy);
        Assert.Equal(
            ("the monitor scripted cannot see: 3 devices cannot be opened", "Run the agent as root."), (all[2].Sentence, all[2].Remedy));
        Assert.StartsWith("the owner needs the memory: 100 MiB", all[3].Sentence, StringComparison.Ordinal);
        Assert.StartsWith("100 MiB of memory are available", all[4].Sentence, StringComparison.Ordinal);
        Assert.All(all, obstacle => Assert.NotEmpty(obstacle.Remedy));
    }

    [Fact]
    public async Task A_node_that_pauses_shows_for_how_long()
    {
        await using var site = await MakeAsync();
        site.Pass(Times.IdleFor);
        site.AvailableMiB = 500;
        site.Pass(ICondition.SampledEvery);
        site.AvailableMiB = 7000;
        site.Loop.Reconsider();
        site.Loop.Step();

        var obstacle = Assert.Single(Look(site));

        Assert.Equal("it stopped lending once though no owner came, so it waits longer each time", obstacle.Sentence);
        Assert.StartsWith("It is over in 20 s", obstacle.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_snooze_and_a_taken_back_node_say_how_they_end()
    {
        await using var site = await MakeAsync();
        site.Guests.Set(FakeGuests.Guest(1, GuestPhase.Held));
        site.Pass(Times.IdleFor);
        site.Loop.TakeBack();
        site.Loop.Step();

        var obstacles = Look(site);

        Assert.Equal([ReasonCode.TakenBack, ReasonCode.OwnerSeen], obstacles.Select(obstacle => obstacle.Reason.Code));
        Assert.Equal(
            ("taken back by the owner", "It ends by itself when the last guest has left."), (obstacles[0].Sentence, obstacles[0].Remedy));
        Assert.Contains("the command take-back", obstacles[1].Sentence, StringComparison.Ordinal);
    }

    private static IReadOnlyList<Obstacle> Look(DecidingSite site) => new ObstacleView(site.Loop, site.Watch, site.Conditions).Look();

    private static async Task LookAsync(DecidingSite site, MonitorStatus sight)
    {
        site.Monitor.Look = _ => Task.FromResult(sight);
        await site.Watch.LookAsync(TestContext.Current.CancellationToken);
        site.Loop.Step();
    }
}
