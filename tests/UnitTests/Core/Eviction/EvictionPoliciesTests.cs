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
        Assert.Equal(step, EvictionPolicies.Find(name)!.Next(new(attempts, canSuspend)));

    [Fact]
    public void Only_a_guest_whose_tenant_chose_it_is_ever_deleted()
    {
        foreach (var policy in EvictionPolicies.All.Where(policy => policy.Name != "terminate"))
        {
            for (var attempts = 0; attempts < 20; attempts++)
            {
                Assert.NotEqual(EvictionStep.Delete, policy.Next(new(attempts, CanSuspend: true)));
                Assert.NotEqual(EvictionStep.Delete, policy.Next(new(attempts, CanSuspend: false)));
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
