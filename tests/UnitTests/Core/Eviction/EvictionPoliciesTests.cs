using Opportunism.Core.Eviction;
using Xunit;

namespace Opportunism.UnitTests.Core.Eviction;

public sealed class EvictionPoliciesTests
{
    // The whole table: policy, attempts that failed, the step while a suspend is possible, the step while it is not.
    [Theory]
    [InlineData("suspend", 0, EvictionStep.Suspend, EvictionStep.ShutDown)]
    [InlineData("suspend", 1, EvictionStep.Suspend, EvictionStep.ShutDown)]
    [InlineData("suspend", 2, EvictionStep.ShutDown, EvictionStep.ShutDown)]
    [InlineData("suspend", 9, EvictionStep.ShutDown, EvictionStep.ShutDown)]
    [InlineData("pause", 0, EvictionStep.Pause, EvictionStep.Pause)]
    [InlineData("pause", 1, EvictionStep.Pause, EvictionStep.Pause)]
    [InlineData("pause", 2, EvictionStep.ShutDown, EvictionStep.ShutDown)]
    [InlineData("pause", 9, EvictionStep.ShutDown, EvictionStep.ShutDown)]
    [InlineData("stop", 0, EvictionStep.ShutDown, EvictionStep.ShutDown)]
    [InlineData("stop", 9, EvictionStep.ShutDown, EvictionStep.ShutDown)]
    [InlineData("shelve", 0, EvictionStep.Shelve, EvictionStep.Shelve)]
    [InlineData("shelve", 1, EvictionStep.Shelve, EvictionStep.Shelve)]
    [InlineData("shelve", 2, EvictionStep.ShutDown, EvictionStep.ShutDown)]
    [InlineData("shelve", 9, EvictionStep.ShutDown, EvictionStep.ShutDown)]
    [InlineData("relocate", 0, EvictionStep.Relocate, EvictionStep.Relocate)]
    [InlineData("relocate", 9, EvictionStep.Relocate, EvictionStep.Relocate)]
    [InlineData("terminate", 0, EvictionStep.Delete, EvictionStep.Delete)]
    [InlineData("terminate", 9, EvictionStep.Delete, EvictionStep.Delete)]
    public void A_policy_gives_the_next_step(string name, int attempts, EvictionStep step, EvictionStep withoutSuspend)
    {
        var policy = EvictionPolicies.All.Find(name)!;
        Assert.Equal(step, policy.Next(new(attempts, CanSuspend: true, HasCheckpoint: false)));
        Assert.Equal(withoutSuspend, policy.Next(new(attempts, CanSuspend: false, HasCheckpoint: false)));
    }

    [Fact]
    public void A_complete_checkpoint_is_kept_however_long_its_process_takes_to_end()
    {
        foreach (var policy in EvictionPolicies.All.All)
        {
            for (var attempts = 0; attempts < 10; attempts++)
            {
                var expected = policy.Name == "suspend"
                    ? EvictionStep.Suspend
                    : policy.Next(new(attempts, CanSuspend: true, HasCheckpoint: false));
                Assert.Equal(expected, policy.Next(new(attempts, CanSuspend: true, HasCheckpoint: true)));
                Assert.Equal(expected, policy.Next(new(attempts, CanSuspend: false, HasCheckpoint: true)));
            }
        }
    }

    [Fact]
    public void Only_a_guest_whose_tenant_chose_it_is_ever_deleted() =>
        Assert.Equal(
            "terminate",
            string.Join(
                ", ", EvictionPolicies.All.All.Where(policy => policy.Ladder.Contains(EvictionStep.Delete)).Select(policy => policy.Name)));

    // Suspending needs room on the disk, which may lack for ever.
    [Fact]
    public void No_ladder_ends_with_a_suspend() =>
        Assert.All(EvictionPolicies.All.All, policy => Assert.NotEqual(EvictionStep.Suspend, policy.Ladder[^1]));

    [Theory]
    [InlineData("suspend", Kept.Disk | Kept.Memory | Kept.Place)]
    [InlineData("pause", Kept.Disk | Kept.Memory | Kept.Place)]
    [InlineData("stop", Kept.Disk | Kept.Place)]
    [InlineData("shelve", Kept.Disk)]
    [InlineData("relocate", Kept.Disk)]
    [InlineData("terminate", Kept.Nothing)]
    public void A_policy_names_what_it_keeps(string name, Kept keeps) => Assert.Equal(keeps, EvictionPolicies.All.Find(name)!.Keeps);

    [Fact]
    public void A_set_holds_the_policies_that_need_no_other_step() =>
        Assert.Equal(
            "suspend, stop, terminate",
            EvictionPolicies.All.Within(EvictionStep.Suspend, EvictionStep.ShutDown, EvictionStep.Delete).Names);

    [Fact]
    public void A_policy_is_found_by_its_exact_name()
    {
        Assert.Equal("suspend, pause, stop, shelve, relocate, terminate", EvictionPolicies.All.Names);
        Assert.Same(EvictionPolicies.Shelve, EvictionPolicies.All.Find("shelve"));
        Assert.Null(EvictionPolicies.All.Find("Shelve"));
        Assert.Null(EvictionPolicies.All.Find(""));
    }
}
