using Opportunism.Clouds.OpenStack;
using Opportunism.Core;
using Opportunism.Core.Eviction;
using Opportunism.Core.Fleet;
using Xunit;

namespace Opportunism.UnitTests.Clouds.OpenStack;

public sealed class ServerPoliciesTests
{
    private static readonly ServerPolicies Policies = new(
        new OpenStackOptions
        {
            Policy = "stop",
            NodePolicies = "lab1-07=pause, lab1-*=shelve, *=suspend",
            OwnerMayChoose = "terminate, stop",
        });

    [Theory]
    [InlineData("lab1-07", "", "pause")]
    [InlineData("lab1-08", "", "shelve")]
    [InlineData("lab2-01", "", "suspend")]
    [InlineData("lab1-08", "terminate", "terminate")]
    [InlineData("lab1-08", "pause", "shelve")]
    [InlineData("lab1-08", "Terminate", "shelve")]
    [InlineData("lab1-08", "relocate", "shelve")]
    [InlineData("lab1-08", "nonsense", "shelve")]
    public void The_owner_chooses_within_what_is_allowed_then_the_node_then_the_site(string node, string wish, string policy) =>
        Assert.Equal(
            policy,
            Policies.For(
                NodeId.Parse(node), wish.Length > 0 ? new Dictionary<string, string> { [ServerPolicies.OwnersKey] = wish } : []).Name);

    [Fact]
    public void Without_groups_the_site_s_policy_counts_and_without_permission_a_servers_owner_does_not_choose() =>
        Assert.Same(
            EvictionPolicies.Suspend,
            new ServerPolicies(new OpenStackOptions { OwnerMayChoose = "" })
            .For(NodeId.Parse("pc"), new Dictionary<string, string> { [ServerPolicies.OwnersKey] = "terminate" }));

    [Fact]
    public void The_names_of_policies_and_of_what_was_done_never_change()
    {
        Assert.Equal("suspend, pause, stop, shelve, terminate", ServerPolicies.Offered.Names);
        foreach (var (name, step) in new[] { ("suspend", EvictionStep.Suspend), ("pause", EvictionStep.Pause),
            ("stop", EvictionStep.ShutDown), ("shelve", EvictionStep.Shelve), ("terminate", EvictionStep.Delete) })
        {
            Assert.Equal(name, ServerPolicies.NameOf(step));
            Assert.Equal(step, ServerPolicies.StepOf(name));
        }

        Assert.Null(ServerPolicies.StepOf("Stop"));
    }

    [Fact]
    public void Only_what_we_did_ourselves_is_ever_brought_back()
    {
        string[] states = [
            "building", "active", "paused", "suspended", "stopped", "rescued", "resized", "shelved", "shelved_offloaded", "error",
            "soft-delete", "unheard-of"];
        var ours = new Dictionary<string, EvictionStep>
        {
            ["paused"] = EvictionStep.Pause,
            ["suspended"] = EvictionStep.Suspend,
            ["stopped"] = EvictionStep.ShutDown,
            ["shelved"] = EvictionStep.Shelve,
            ["shelved_offloaded"] = EvictionStep.Shelve
        };
        foreach (var state in states)
        {
            foreach (var done in Enum.GetValues<EvictionStep>().Cast<EvictionStep?>().Append(null))
            {
                foreach (var open in new[] { true, false })
                {
                    var judged = ServerRules.Judge(new NovaServer { Id = "1", VmState = state }, done, open).State;
                    var mayReturn = state == "active"
                        ? done is not null && open
                        : ours.TryGetValue(state, out var did) && did == done && (open || state != "shelved");
                    Assert.True(judged is CloudGuestState.Evicted == mayReturn, $"{state}, {done}, open {open}: {judged}");
                    Assert.Equal(
                        CloudGuestState.Busy,
                        ServerRules.Judge(new NovaServer { Id = "1", VmState = state, TaskState = "x" }, done, open).State);
                }
            }
        }
    }
}
