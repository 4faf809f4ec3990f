using Opportunism.Core.Eviction;
using Xunit;

namespace Opportunism.UnitTests.Core.Eviction;

public sealed class EvictionPoliciesTests
{
    [Theory]
    [InlineData("suspend", 0, true, EvictionStep.Suspend)]
    [InlineData("suspend", 1, true, EvictionStep.Suspend)]
    [InlineData("suspend", 2, true, EvictionStep.Stop)]
    [InlineData("suspend", 0, false, EvictionStep.Stop)]
    [InlineData("relocate", 0, true, EvictionStep.Relocate)]
    [InlineData("relocate", 9, false, EvictionStep.Relocate)]
    [InlineData("terminate", 0, true, EvictionStep.Delete)]
    [InlineData("terminate", 9, false, EvictionStep.Delete)]
    public void A_policy_says_the_next_step(string name, int attempts, bool canSuspend, EvictionStep step) =>
        Assert.Equal(step, EvictionPolicies.Find(name)!.Next(new(attempts, canSuspend, HasCheckpoint: false)));

    [Theory]
    [InlineData("suspend", 0, true, EvictionStep.Suspend)]
    [InlineData("suspend", 9, false, EvictionStep.Suspend)]
    [InlineData("relocate", 2, true, EvictionStep.Relocate)]
    [InlineData("terminate", 2, true, EvictionStep.Delete)]
    public void A_complete_checkpoint_is_kept_however_long_its_process_takes_to_end(string name, int attempts, bool canSuspend, EvictionStep step) =>
        Assert.Equal(step, EvictionPolicies.Find(name)!.Next(new(attempts, canSuspend, HasCheckpoint: true)));

    [Fact]
    public void Only_a_guest_whose_tenant_chose_it_is_ever_deleted()
    {
        foreach (var policy in EvictionPolicies.All.Where(policy => policy.Name != "terminate"))
        {
            for (var attempts = 0; attempts < 20; attempts++)
            {
                Assert.NotEqual(EvictionStep.Delete, policy.Next(new(attempts, CanSuspend: true, HasCheckpoint: false)));
                Assert.NotEqual(EvictionStep.Delete, policy.Next(new(attempts, CanSuspend: false, HasCheckpoint: true)));
            }
        }
    }

    [Fact]
    public void An_unknown_name_is_not_found() => Assert.Null(EvictionPolicies.Find("shelve"));

    [Fact]
    public void The_default_suspends() => Assert.Equal("suspend", EvictionPolicies.Default.Name);

    [Fact]
    public void Names_are_listed_for_messages() => Assert.Equal("suspend, relocate, terminate", EvictionPolicies.Known);
}
