using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Opportunism.Clouds;
using Opportunism.Clouds.Fake;
using Opportunism.Contracts.Nodes;
using Opportunism.Controller.CloudActions;
using Opportunism.Controller.Clouds;
using Opportunism.Core;
using Opportunism.Core.Fleet;
using Opportunism.TestKit.Sites;
using Xunit;

namespace Opportunism.UnitTests.Controller;

/// <summary>How a node's worker gets a cloud to agree that is slow, fails and lies.</summary>
public sealed class CloudActionWorkerTests
{
    private static readonly NodeId Node = NodeId.Parse("pc-1");

    [Fact]
    public async Task It_closes_first_then_evicts_then_opens_then_brings_back()
    {
        await using var site = await StartAsync(TimeProvider.System);
        var cloud = CloudOf(site);
        await using var agent = await site.EnrolAsync("pc-1");
        await agent.ConnectAsync();
        await agent.ReportAsync(report => report.State = NodeStateKind.Available);
        await site.EventAsync("cloud.open", "pc-1");
        var guest = GuestId.New();
        cloud.Put(Node, guest, CloudGuestState.Here);
        var tenants = GuestId.New();
        cloud.Put(Node, tenants, CloudGuestState.Resting);

        await agent.ReportAsync(report => report.State = NodeStateKind.Evicting);
        await site.EventAsync("cloud.evict", "pc-1");
        await agent.ReportAsync(report => report.State = NodeStateKind.Available);
        await site.EventAsync("cloud.bring-back", "pc-1");
        Assert.Equal(
            ["close pc-1", "open pc-1", "close pc-1", $"evict pc-1 {guest}", "open pc-1", $"bring back pc-1 {guest}"],
            Distinct(cloud.Calls));
    }

    [Fact]
    public async Task A_cloud_that_is_down_is_asked_again_with_longer_and_longer_waits_and_says_what_waits()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var site = await StartAsync(time);
        var cloud = CloudOf(site);
        await using var agent = await site.EnrolAsync("pc-1");
        await agent.ConnectAsync();
        await agent.ReportAsync(report => report.State = NodeStateKind.Available);
        await site.EventAsync("cloud.open", "pc-1");

        cloud.Fault = new CloudAnswer(CloudOutcome.TryLater, "Nova did not answer (503). Look at its log.");
        await agent.ReportAsync(report => report.State = NodeStateKind.Frozen);
        await site.EventAsync("cloud.waits", "pc-1");
        Assert.Equal(
            "Node pc-1: closed in the cloud: the agent has just started: Nova did not answer (503). Look at its log.",
            Assert.Single((await site.Admin.StatusAsync()).Pending));
        Assert.True(site.Parts.GetRequiredService<CloudWorkers>().Of(Node)!.IsOpen);

        cloud.Fault = null;
        var seen = (await site.Admin.StatusAsync()).NewestEvent;

        // The wait is armed some time after the event; moving the clock on
        // until it fires is exact in what counts: nothing happens by itself.
        var closed = site.EventAsync("cloud.close", "pc-1", seen);
        while (!closed.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await agent.ReportAsync();
        }

        await closed;
        Assert.False(site.Parts.GetRequiredService<CloudWorkers>().Of(Node)!.IsOpen);
    }

    [Fact]
    public async Task A_cloud_that_lies_is_found_out_at_the_next_look()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var site = await StartAsync(time);
        var cloud = CloudOf(site);
        await using var agent = await site.EnrolAsync("pc-1");
        await agent.ConnectAsync();
        cloud.Lies = true;
        await agent.ReportAsync(report => report.State = NodeStateKind.Available);
        var first = await site.EventAsync("cloud.open", "pc-1");
        cloud.Lies = false;
        var again = site.EventAsync("cloud.open", "pc-1", first.Id);
        while (!again.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await agent.ReportAsync();
        }

        await again;
        Assert.True((await cloud.LookAsync(Node, default)).Host!.Open);
    }

    private static Task<TestSite> StartAsync(TimeProvider time) =>
        TestSite.StartAsync(time, settings => settings.Controller.Cloud = FakeCloud.CloudName);

    private static FakeCloud CloudOf(TestSite site) => (FakeCloud)site.Parts.GetRequiredService<SiteClouds>().Of(FakeCloud.CloudName).Hosts;

    /// <summary>Calls without immediate repeats: a worker may do the same thing again, never in another order.</summary>
    private static List<string> Distinct(IEnumerable<string> calls)
    {
        var distinct = new List<string>();
        foreach (var call in calls)
        {
            if (distinct.Count == 0 || distinct[^1] != call) distinct.Add(call);
        }

        return distinct;
    }
}
