using Opportunism.Clouds.OpenStack;
using Opportunism.Core;
using Opportunism.Core.Fleet;
using Xunit;

namespace Opportunism.UnitTests.Clouds.OpenStack;

public sealed class ServerPoliciesTests
{
    private static readonly ServerPolicies Policies = new(new OpenStackOptions { Policy = "stop", NodePolicies = "lab1-07=pause, lab1-*=shelve, *=suspend", OwnerMayChoose = "terminate, stop" });

    [Theory]
    [InlineData("lab1-07", "", ServerPolicy.Pause)]
    [InlineData("lab1-08", "", ServerPolicy.Shelve)]
    [InlineData("lab2-01", "", ServerPolicy.Suspend)]
    [InlineData("lab1-08", "terminate", ServerPolicy.Terminate)]
    [InlineData("lab1-08", "pause", ServerPolicy.Shelve)]
    [InlineData("lab1-08", "Terminate", ServerPolicy.Shelve)]
    [InlineData("lab1-08", "nonsense", ServerPolicy.Shelve)]
    public void The_owner_chooses_within_what_is_allowed_then_the_node_then_the_site(string node, string wish, ServerPolicy policy) =>
        Assert.Equal(policy, Policies.For(NodeId.Parse(node), wish.Length > 0 ? new Dictionary<string, string> { [ServerPolicies.OwnersKey] = wish } : []));

    [Fact]
    public void Without_groups_the_site_s_policy_counts_and_without_permission_nobody_chooses() =>
        Assert.Equal(ServerPolicy.Suspend, new ServerPolicies(new OpenStackOptions { OwnerMayChoose = "" }).For(NodeId.Parse("pc"), new Dictionary<string, string> { [ServerPolicies.OwnersKey] = "terminate" }));

    [Fact]
    public void Only_whoever_chose_to_is_ever_deleted_and_a_stop_is_tried_for_ever()
    {
        foreach (var policy in Enum.GetValues<ServerPolicy>())
        {
            for (var attempts = 0; attempts < 5; attempts++)
            {
                var expected = policy is ServerPolicy.Stop or ServerPolicy.Terminate || attempts < 2 ? policy : ServerPolicy.Stop;
                Assert.Equal(expected, ServerPolicies.Next(policy, attempts));
            }
        }
    }

    [Fact]
    public void Only_what_we_did_ourselves_is_ever_brought_back()
    {
        string[] states = ["building", "active", "paused", "suspended", "stopped", "rescued", "resized", "shelved", "shelved_offloaded", "error", "soft-delete", "unheard-of"];
        var ours = new Dictionary<string, ServerPolicy> { ["paused"] = ServerPolicy.Pause, ["suspended"] = ServerPolicy.Suspend, ["stopped"] = ServerPolicy.Stop, ["shelved"] = ServerPolicy.Shelve, ["shelved_offloaded"] = ServerPolicy.Shelve };
        foreach (var state in states)
        {
            foreach (var done in Enum.GetValues<ServerPolicy>().Cast<ServerPolicy?>().Append(null))
            {
                foreach (var open in new[] { true, false })
                {
                    var judged = ServerRules.Judge(new NovaServer { Id = "1", VmState = state }, done, open).State;
                    var mayReturn = state == "active" ? done is not null && open : ours.TryGetValue(state, out var did) && did == done && (open || state != "shelved");
                    Assert.True(judged is CloudGuestState.Evicted == mayReturn, $"{state}, {done}, open {open}: {judged}");
                    Assert.Equal(CloudGuestState.Busy, ServerRules.Judge(new NovaServer { Id = "1", VmState = state, TaskState = "x" }, done, open).State);
                }
            }
        }
    }
}
