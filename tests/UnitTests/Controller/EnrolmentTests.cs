using Grpc.Core;
using Opportunism.Contracts.Api;
using Opportunism.Contracts.Nodes;
using Opportunism.Core.Fleet;
using Opportunism.TestKit.Sites;
using Xunit;

namespace Opportunism.UnitTests.Controller;

/// <summary>Which desktop gets which name: join tokens that are bound to names of nodes.</summary>
public sealed class EnrolmentTests
{
    [Theory]
    [InlineData("pc-*, lab-7", "pc-1", "pc-1")]
    [InlineData("pc-*, lab-7", "lab-7", "lab-7")]
    [InlineData("pc-*, lab-7", "lab-77", null)]
    [InlineData("pc-*, lab-7", "dedicated-1", null)]
    [InlineData(null, "dedicated-1", "dedicated-1")]
    public async Task A_join_token_enrols_only_the_names_that_it_is_bound_to(string? names, string proposed, string? enrolled)
    {
        await using var site = await TestSite.StartAsync();
        var token = await site.Admin.CreateJoinTokenAsync(new NewJoinToken { Names = names });
        if (enrolled is not null)
        {
            await using var agent = await FakeAgent.EnrolAsync(site, token.Token, proposed);
            Assert.Equal(enrolled, agent.Id);
            return;
        }

        var refused = await Assert.ThrowsAsync<RpcException>(() => FakeAgent.EnrolAsync(site, token.Token, proposed));
        Assert.Equal(
            (StatusCode.PermissionDenied, $"the join token is for nodes named {names}, and this one would be {proposed}"),
            (refused.StatusCode, refused.Status.Detail));
        Assert.Empty(await site.Admin.NodesAsync());
        Assert.Equal(1, Assert.Single(await site.Admin.JoinTokensAsync()).UsesLeft);
    }

    [Fact]
    public async Task A_token_for_a_nodes_whole_name_replaces_that_node_and_keeps_its_vms()
    {
        await using var site = await TestSite.StartAsync();
        await using var agent = await NodeLifeTests.RunningAsync(site, "pc-1", "suspend");
        var guest = agent.Report.Guests[0];
        var token = await site.Admin.CreateJoinTokenAsync(new NewJoinToken { Names = "pc-1" });

        await using var again = await FakeAgent.EnrolAsync(site, token.Token, "pc-1");
        Assert.Equal("pc-1", again.Id);
        await agent.EndedAsync();
        await using var former = agent.At(site);
        Assert.Equal(StatusCode.Unauthenticated, (await Assert.ThrowsAsync<RpcException>(former.ConnectAsync)).StatusCode);
        await again.ConnectAsync();
        await again.ReportAsync(report =>
        {
            report.State = NodeStateKind.Available;
            report.Guests.Add(guest.Clone());
        });
        Assert.Equal(guest.GuestId, Assert.Single((await again.PlanAsync(plan => plan.Guests.Count > 0)).Guests).GuestId);
        Assert.Equal((VmStatus.Running, "pc-1"), (await site.Admin.VmAsync(guest.GuestId)) is var vm ? (vm.Status, vm.Node) : default);

        await site.RestartAsync();
        await using var later = again.At(site);
        await later.ConnectAsync();
    }

    [Fact]
    public async Task A_token_for_a_whole_name_ends_the_revocation_of_its_node_and_one_for_a_pattern_does_not()
    {
        await using var site = await TestSite.StartAsync();
        await using var agent = await site.EnrolAsync("pc-1");
        await site.Admin.RevokeNodeAsync("pc-1");
        var (pattern, name) = (
            await site.Admin.CreateJoinTokenAsync(new NewJoinToken { Names = "pc-*" }),
            await site.Admin.CreateJoinTokenAsync(new NewJoinToken { Names = "pc-*, pc-1" }));
        await using var other = await FakeAgent.EnrolAsync(site, pattern.Token, "pc-1");
        Assert.Equal(("pc-1-2", true), (other.Id, (await site.Admin.NodeAsync("pc-1")).Revoked));
        await using var same = await FakeAgent.EnrolAsync(site, name.Token, "pc-1");
        Assert.Equal(("pc-1", false), (same.Id, (await site.Admin.NodeAsync("pc-1")).Revoked));
        await same.ConnectAsync();
        await same.ReportAsync();
    }

    [Fact]
    public async Task Names_that_no_node_can_have_are_refused_with_the_name()
    {
        await using var site = await TestSite.StartAsync();
        var refused = await Assert.ThrowsAsync<SiteException>(
            () => site.Admin.CreateJoinTokenAsync(new NewJoinToken { Names = "pc-1, p*c" }));
        Assert.Contains("The names (--names) hold 'p*c'", refused.Message, StringComparison.Ordinal);
    }
}
