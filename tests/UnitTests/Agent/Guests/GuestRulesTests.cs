using Opportunism.Agent.Guests;
using Opportunism.Core;
using Opportunism.Core.Availability;
using Opportunism.Core.Guests;
using Opportunism.Hypervisors;
using Xunit;

namespace Opportunism.UnitTests.Agent.Guests;

public sealed class GuestRulesTests
{
    private static readonly bool[] Either = [false, true];
    private static readonly GuestSpec Spec = new(GuestId.New(), "a", 1, 64, 1, new string('a', 64), ImageFormat.Raw);

    [Fact]
    public void A_guest_goes_on_only_while_the_node_is_available()
    {
        foreach (var moment in All().Where(moment => moment.Node != NodeState.Available))
        {
            var step = GuestRules.Next(moment);
            Assert.False(step is GuestStep.Start or GuestStep.Resume or GuestStep.Release, $"{moment}: {step}");
        }
    }

    [Fact]
    public void While_evicting_whatever_is_in_memory_leaves_it()
    {
        foreach (var moment in All().Where(moment => moment is { Node: NodeState.Evicting, Status.InMemory: true }))
        {
            Assert.True(
                GuestRules.Next(moment) is GuestStep.Evict or GuestStep.End or GuestStep.Delete, $"{moment}: {GuestRules.Next(moment)}");
        }
    }

    [Fact]
    public void One_whose_memory_is_to_be_kept_is_held_before_it_leaves()
    {
        foreach (var moment in All().Where(moment => moment is { Node: NodeState.Evicting, Status.InMemory: true }))
        {
            var step = GuestRules.Next(moment with { AwaitsHold = true, MustBeSaved = true });
            Assert.True(
                step == (GuestRules.Next(moment) == GuestStep.Evict ? GuestStep.Nothing : GuestRules.Next(moment)), $"{moment}: {step}");
            Assert.Equal(GuestRules.Next(moment), GuestRules.Next(moment with { AwaitsHold = true }));
            Assert.Equal(GuestRules.Next(moment), GuestRules.Next(moment with { MustBeSaved = true }));
        }
    }

    [Fact]
    public void A_guest_that_the_plan_does_not_name_is_never_deleted_stopped_or_started()
    {
        foreach (var moment in All().Where(moment => moment.Wish is null))
        {
            var step = GuestRules.Next(moment);
            var leavesItThere = step is GuestStep.Nothing or GuestStep.Release or GuestStep.Suspend or GuestStep.Checkpoint
                or GuestStep.Evict or GuestStep.Unload;
            Assert.True(leavesItThere, $"{moment}: {step}");
        }
    }

    [Fact]
    public void Only_a_guest_that_is_gone_by_wish_policy_or_a_hand_over_that_is_written_down_is_deleted()
    {
        foreach (var moment in All().Where(moment => GuestRules.Next(moment) == GuestStep.Delete))
        {
            Assert.True(
                moment.Wish == GuestWish.Gone
                    || moment is
            {
                Wish: GuestWish.HandedOver, Fate: GuestFate.HandedOver,
                IsFateUnstored: false
            } or { Wish: GuestWish.Running or GuestWish.Stopped, Fate: GuestFate.Terminated },
                $"{moment}");
        }
    }

    [Fact]
    public void A_guest_wished_stopped_ends_in_any_state()
    {
        foreach (var moment in All()
            .Where(
                moment => moment is
                {
                    Wish: GuestWish.Stopped, Status.Phase: not (GuestPhase.Stopped or GuestPhase.Failed),
                    Fate: not (GuestFate.Relocating or GuestFate.HandedOver or GuestFate.Terminated)
                }))
        {
            Assert.True(GuestRules.Next(moment) is GuestStep.End or GuestStep.ShutDown, $"{moment}: {GuestRules.Next(moment)}");
        }
    }

    [Theory]
    [InlineData(GuestPhase.Stopped, GuestStep.Start)]
    [InlineData(GuestPhase.Suspended, GuestStep.Resume)]
    [InlineData(GuestPhase.Held, GuestStep.Release)]
    [InlineData(GuestPhase.Running, GuestStep.Nothing)]
    [InlineData(GuestPhase.Starting, GuestStep.Nothing)]
    [InlineData(GuestPhase.Failed, GuestStep.Start)]
    internal void While_available_a_guest_wished_running_is_brought_there(GuestPhase phase, GuestStep expected) =>
        Assert.Equal(expected, GuestRules.Next(Moment(NodeState.Available, phase, GuestWish.Running)));

    [Fact]
    public void A_held_guest_is_saved_once_the_owner_has_stayed_for_long_enough()
    {
        var moment = Moment(NodeState.Frozen, GuestPhase.Held, GuestWish.Running);
        Assert.Equal(GuestStep.Nothing, GuestRules.Next(moment));
        Assert.Equal(GuestStep.Checkpoint, GuestRules.Next(moment with { MaySave = true }));
        Assert.Equal(
            GuestStep.Nothing, GuestRules.Next(moment with { MaySave = true, Status = moment.Status! with { HasCheckpoint = true } }));
    }

    [Fact]
    public void What_ended_here_for_good_is_not_started_again()
    {
        foreach (var fate in new[] { GuestFate.Terminated, GuestFate.HandedOver, GuestFate.ShutItselfDown })
        {
            Assert.NotEqual(
                GuestStep.Start, GuestRules.Next(Moment(NodeState.Available, GuestPhase.Stopped, GuestWish.Running) with { Fate = fate }));
        }
    }

    [Fact]
    public void A_relocating_guest_is_handed_over_in_any_state()
    {
        foreach (var node in Enum.GetValues<NodeState>())
        {
            Assert.Equal(
                GuestStep.HandOver,
                GuestRules.Next(Moment(node, GuestPhase.Stopped, GuestWish.Running) with { Fate = GuestFate.Relocating }));
            Assert.Equal(GuestStep.HandOver, GuestRules.Next(Moment(node, GuestPhase.Stopped, GuestWish.HandedOver)));
        }
    }

    [Fact]
    public void Only_a_suspended_guest_that_is_to_run_is_loaded_and_only_in_the_countdown()
    {
        foreach (var moment in All())
        {
            var expected =
                moment is { MayLoad: true, Node: NodeState.InUse or NodeState.Frozen, Wish: GuestWish.Running, Fate: GuestFate.None }
                && moment.Status is { Phase: GuestPhase.Suspended, IsLoaded: false };
            Assert.True(expected == (GuestRules.Next(moment) == GuestStep.Load), $"{moment}: {GuestRules.Next(moment)}");
        }
    }

    [Fact]
    public void A_loaded_guest_stays_so_only_while_it_is_about_to_run()
    {
        foreach (var moment in All().Where(moment => moment.Status is { IsLoaded: true }))
        {
            var step = GuestRules.Next(moment);
            var isAboutToRun = moment is { Wish: GuestWish.Running, Fate: GuestFate.None }
                && moment is { Node: NodeState.Available } or { Node: NodeState.InUse or NodeState.Frozen, MayLoad: true };
            var isGone = moment is
            {
                Wish: GuestWish.HandedOver, Fate: GuestFate.HandedOver,
                IsFateUnstored: true
            } or { Wish: GuestWish.Stopped, Fate: GuestFate.HandedOver };
            if (isAboutToRun) Assert.Equal(moment.Node == NodeState.Available ? GuestStep.Resume : GuestStep.Nothing, step);
            // What else ends it gives its memory back too.
            else Assert.True(step is GuestStep.Unload or GuestStep.End or GuestStep.Delete || isGone, $"{moment}: {step}");
        }
    }

    [Fact]
    public void A_guest_that_is_not_loaded_is_never_unloaded()
    {
        foreach (var moment in All().Where(moment => moment.Status is not { IsLoaded: true }))
        {
            Assert.NotEqual(GuestStep.Unload, GuestRules.Next(moment));
        }
    }

    private static GuestMoment Moment(NodeState node, GuestPhase? phase, GuestWish? wish) => new()
    {
        Node = node,
        Status = phase is { } known ? new GuestStatus(Spec.Id, Spec, known) : null,
        Wish = wish,
        Fate = GuestFate.None,
        MaySave = false,
        RanBefore = false,
    };

    private static IEnumerable<GuestMoment> All() =>
        from node in Enum.GetValues<NodeState>()
        from phase in Enum.GetValues<GuestPhase>().Cast<GuestPhase?>().Append(null)
        from wish in Enum.GetValues<GuestWish>().Cast<GuestWish?>().Append(null)
        from fate in Enum.GetValues<GuestFate>()
        from save in Either
        from ran in Either
        from unstored in Either
        from mayLoad in Either
        from loaded in Either
        where !loaded || phase == GuestPhase.Suspended
        where phase is null or GuestPhase.Starting or GuestPhase.Running or GuestPhase.Held or GuestPhase.Suspended or GuestPhase.Stopped
            or GuestPhase.Failed
        let moment = Moment(node, phase, wish) with { MayLoad = mayLoad, Fate = fate }
        select moment with
        {
            Status = moment.Status is { } status ? status with { IsLoaded = loaded } : null,
            MaySave = save,
            RanBefore = ran,
            IsFateUnstored = unstored,
        };
}
