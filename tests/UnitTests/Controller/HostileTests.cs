using System.Net.Sockets;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Opportunism.Contracts.Api;
using Opportunism.Contracts.Nodes;
using Opportunism.Core.Health;
using Opportunism.TestKit.Sites;
using Xunit;

namespace Opportunism.UnitTests.Controller;

/// <summary>A hostile node hurts only itself: each attempt gets a status code and a line in the log, and the neighbour goes on.</summary>
public sealed class HostileTests
{
    private const int CallRefused = 2020;

    public static TheoryData<string, Action<NodeReport>> BadReports => new()
    {
        { "no state", report => report.State = NodeStateKind.Unspecified },
        { "unknown state", report => report.State = (NodeStateKind)99 },
        { "no contract version", report => report.ContractVersion = 0 },
        { "no run", report => report.RunId = "" },
        { "a line break in the run", report => report.RunId = "a\nb" },
        { "too many guests",
            report => report.Guests.AddRange(
                Enumerable.Range(0, 65).Select(i => new GuestReport { GuestId = i.ToString("x32", null), Phase = "Running" })) },
        { "a guest twice",
            report => report.Guests.AddRange(
                [
                    new GuestReport { GuestId = new string('a', 32), Phase = "Running" },
                    new GuestReport { GuestId = new string('a', 32), Phase = "Held" }]) },
        { "a path as guest",
            report => report.Guests.Add(new GuestReport { GuestId = "../../../../../../etc/passwd00000", Phase = "Running" }) },
        { "unknown phase", report => report.Guests.Add(new GuestReport { GuestId = new string('a', 32), Phase = "7" }) },
        { "a number that no phase has", report => report.Guests.Add(new GuestReport { GuestId = new string('a', 32), Phase = "99" }) },
        { "not a number",
            report => report.Guests.Add(new GuestReport { GuestId = new string('a', 32), Phase = "Running", HoldMs = double.NaN }) },
        { "endless progress",
            report => report.Guests.Add(
                new GuestReport { GuestId = new string('a', 32), Phase = "Running", Progress = double.PositiveInfinity }) },
        { "an overflowing generation",
            report => report.Guests.Add(
                new GuestReport { GuestId = new string('a', 32), Phase = "Running", Generation = ulong.MaxValue }) },
        { "a novel", report => report.Health.Add(new HealthReport { Code = "x", Sentence = new string('x', 2000) }) },
        { "a time beyond all calendars", report => report.StateSince = new() { Seconds = long.MaxValue } },
        { "more memory than there is", report => report.Capacity = new Capacity { MemoryMib = uint.MaxValue } },
        { "seventy obstacles",
            report => report.Obstacles.AddRange(Enumerable.Range(0, 70).Select(i => new ObstacleReport { Code = $"o{i}" })) },
        { "an obstacle's novel", report => report.Obstacles.Add(new ObstacleReport { Code = "x", Remedy = new string('x', 2000) }) },
        { "an obstacle's long name", report => report.Obstacles.Add(new ObstacleReport { Code = new string('x', 70) }) },
        { "seventy monitors",
            report => report.Monitors.AddRange(Enumerable.Range(0, 70).Select(i => new WatcherReport { Name = $"m{i}" })) },
    };

    [Fact]
    public async Task Every_bad_report_is_refused_and_the_neighbour_goes_on()
    {
        await using var site = await TestSite.StartAsync();
        await using var neighbour = await site.EnrolAsync("neighbour");
        await neighbour.ConnectAsync();
        await using var enrolled = await site.EnrolAsync("hostile");
        foreach (var row in BadReports)
        {
            var (what, spoil) = row.Data;
            await using var agent = enrolled.At(site);
            await agent.ConnectAsync();
            var report = agent.Report.Clone();
            report.Sequence = 1;
            spoil(report);
            await agent.SendAsync(report);
            Assert.True(await agent.EndedAsync() is StatusCode.InvalidArgument, what);
        }

        Assert.Null((await site.Admin.NodeAsync("hostile")).State);
        Assert.Equal(BadReports.Count, site.Log.Lines.Count(line => line.Id == CallRefused));
        await neighbour.ReportAsync();
        Assert.DoesNotContain(site.Log.Lines, line => line.Level >= LogLevel.Error);
    }

    [Fact]
    public async Task Control_characters_and_unknown_names_of_a_node_reach_neither_log_nor_events()
    {
        await using var site = await TestSite.StartAsync();
        await using var agent = await site.EnrolAsync("hostile");
        await agent.ConnectAsync();
        await agent.ReportAsync(report =>
        {
            report.State = NodeStateKind.Frozen;
            report.ReasonCode = "OwnerSeen";
            report.ReasonSource = "a\u001b]0;x\u0007\nb";
            report.Health.Add(new HealthReport { Code = "first", Severity = "99", Sentence = "one\u001b[2J" });
            report.Health.Add(new HealthReport { Code = "last", Severity = "Note, Error", Sentence = "two\0" });
            report.Monitors.Add(new WatcherReport { Name = "input", Sentence = "sees\u202e \u001b[1mall" });
            report.Obstacles.Add(new ObstacleReport { Code = "x", Sentence = "no\u2028room", Remedy = "\u009b2J" });
        });
        var first = await site.EventAsync("node.health", "hostile");
        EventView[] health = [first, await site.EventAsync("node.health", "hostile", first.Id)];
        Assert.Equal(
            [(HealthSeverity.Warning, "Node hostile: one?[2J"), (HealthSeverity.Warning, "Node hostile: two?")],
            health.Select(one => (one.Severity, one.Sentence)));
        Assert.DoesNotContain(site.Log.Lines, line => line.Text.Any(char.IsControl));
        var shown = await site.Admin.NodeAsync("hostile", TestContext.Current.CancellationToken);
        Assert.Equal("sees? ?[1mall", Assert.Single(shown.Monitors).Sentence);
        Assert.Equal("no?room ?2J", Assert.Single(shown.Obstacles) is { } obstacle ? $"{obstacle.Sentence} {obstacle.Remedy}" : "");
    }

    [Fact]
    public async Task A_node_speaks_only_for_itself()
    {
        await using var site = await TestSite.StartAsync();
        await using var a = await site.EnrolAsync("a");
        await using var b = await site.EnrolAsync("b");
        foreach (var header in new[] { $"Node a:{b.Secret}", $"Node a:{a.Secret}x", "Node a:", "Node a", $"Node ../a:{a.Secret}",
            $"Bearer {a.Secret}", "", $"Node a:{new string('x', 300)}", $"Node a:{a.Secret}:{a.Secret}" })
        {
            using var call = a.Client.Connect(header.Length == 0 ? [] : new Metadata { { "authorization", header } });
            Assert.Equal(
                StatusCode.Unauthenticated,
                (await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(default))).StatusCode);
        }
    }

    [Fact]
    public async Task Older_reports_and_those_of_older_runs_change_nothing()
    {
        await using var site = await TestSite.StartAsync();
        await using var agent = await site.EnrolAsync("pc-1");
        await agent.ConnectAsync();
        await agent.ReportAsync(report => report.State = NodeStateKind.Available);
        var old = agent.Report.Clone();
        await agent.ReportAsync(report => report.State = NodeStateKind.Frozen);
        await agent.SendAsync(old);
        await agent.ReportAsync();
        Assert.Equal(Opportunism.Core.Availability.NodeState.Frozen, (await site.Admin.NodeAsync("pc-1")).State);

        old.Sequence = 1000;
        await agent.ReportAsync(report =>
        {
            report.RunId = "run-2";
            report.Sequence = 0;
        });
        await agent.SendAsync(old);
        await agent.ReportAsync();
        Assert.Equal(Opportunism.Core.Availability.NodeState.Frozen, (await site.Admin.NodeAsync("pc-1")).State);
    }

    [Fact]
    public async Task Nobody_reads_images_or_writes_consoles_that_its_plan_does_not_name()
    {
        await using var site = await TestSite.StartAsync();
        await using var agent = await NodeLifeTests.RunningAsync(site, "pc-1", "suspend");
        await using var stranger = await site.EnrolAsync("pc-2");
        await stranger.ConnectAsync();
        var image = Assert.Single(await site.Admin.ImagesAsync()).Sha256;
        var guest = agent.Report.Guests[0].GuestId;
        Assert.Equal(
            StatusCode.PermissionDenied,
            await StatusOfAsync(() => FakeAgent.ReadAllAsync(stranger.Client.ReadImage(new() { Sha256 = image }, stranger.Credentials))));
        Assert.Equal(
            StatusCode.InvalidArgument,
            await StatusOfAsync(() => FakeAgent.ReadAllAsync(agent.Client.ReadImage(new() { Sha256 = "../site.db" }, agent.Credentials))));
        Assert.Equal(
            StatusCode.NotFound,
            await StatusOfAsync(
                () => FakeAgent.ReadAllAsync(agent.Client.ReadImage(
                    new() { Sha256 = image, Offset = ulong.MaxValue }, agent.Credentials))));
        Assert.Equal(
            StatusCode.PermissionDenied,
            await StatusOfAsync(
                () => FakeAgent.ReadAllAsync(agent.Client.ReadDisk(new() { GuestId = guest, Sha256 = image }, agent.Credentials))));
        Assert.Equal(
            StatusCode.PermissionDenied,
            await StatusOfAsync(
                async () => await stranger.Client.WriteConsoleAsync(
                    new() { GuestId = guest, Data = ByteString.CopyFromUtf8("x") }, stranger.Credentials)));
        // A claim puts the guest into its plan, as one that must go.
        await stranger.ReportGuestAsync(guest, "Running");
        Assert.Equal("Gone", (await stranger.PlanAsync(plan => plan.Guests.Count == 1)).Guests[0].Wish);
        Assert.Equal(
            StatusCode.PermissionDenied,
            await StatusOfAsync(
                async () => await stranger.Client.WriteConsoleAsync(
                    new() { GuestId = guest, Data = ByteString.CopyFromUtf8("x") }, stranger.Credentials)));
        Assert.Equal(
            StatusCode.InvalidArgument,
            await StatusOfAsync(
                async () => await agent.Client.WriteConsoleAsync(
                    new() { GuestId = guest, Data = ByteString.CopyFrom(new byte[65537]) }, agent.Credentials)));
        Assert.Equal(
            StatusCode.ResourceExhausted,
            await StatusOfAsync(
                async () => await agent.Client.WriteConsoleAsync(
                    new() { GuestId = guest, Data = ByteString.CopyFrom(new byte[3 << 20]) }, agent.Credentials)));
    }

    [Fact]
    public async Task A_flood_is_slowed_then_cut_and_the_neighbour_goes_on()
    {
        await using var site = await TestSite.StartAsync(null, settings => settings.Controller.ReportsPerSecond = 100);
        await using var neighbour = await site.EnrolAsync("neighbour");
        await neighbour.ConnectAsync();
        await using var agent = await site.EnrolAsync("hostile");
        await agent.ConnectAsync();
        var flood = Task.Run(async () =>
        {
            // Old reports cost the site nothing to refuse, so that the flood is as fast as it can be.
            var report = agent.Report.Clone();
            report.Sequence = 1;
            try
            {
                while (true) await agent.SendAsync(report);
            }
            catch (Exception end) when (end is RpcException or InvalidOperationException)
            {
                return;
            }
        });
        await neighbour.ReportAsync();
        Assert.Equal(StatusCode.ResourceExhausted, await agent.EndedAsync());
        await flood;
        await neighbour.ReportAsync();
    }

    [Fact]
    public async Task Guessing_join_tokens_is_limited_and_a_used_one_is_dead()
    {
        await using var site = await TestSite.StartAsync(null, settings => settings.Controller.EnrolmentsPerMinute = 5);
        var minted = await site.Admin.CreateJoinTokenAsync(new NewJoinToken { Uses = 2 });
        await using var first = await FakeAgent.EnrolAsync(site, minted.Token, "pc-1");
        await using var second = await FakeAgent.EnrolAsync(site, minted.Token, "pc-1");
        Assert.Equal(("pc-1", "pc-1-2"), (first.Id, second.Id));
        Assert.Equal(StatusCode.Unauthenticated, await StatusOfAsync(() => FakeAgent.EnrolAsync(site, minted.Token, "pc-1")));
        var revoked = await site.Admin.CreateJoinTokenAsync(new NewJoinToken());
        await site.Admin.RevokeJoinTokenAsync(revoked.Id);
        Assert.Equal(StatusCode.Unauthenticated, await StatusOfAsync(() => FakeAgent.EnrolAsync(site, revoked.Token, "pc-1")));
        Assert.Equal(StatusCode.InvalidArgument, await StatusOfAsync(() => FakeAgent.EnrolAsync(site, revoked.Token, "../pc")));
        Assert.Equal(StatusCode.ResourceExhausted, await StatusOfAsync(() => FakeAgent.EnrolAsync(site, revoked.Token, "pc-1")));
        Assert.DoesNotContain(
            site.Log.Lines,
            line => line.Text.Contains(minted.Token.Split('.')[2], StringComparison.Ordinal)
                || line.Text.Contains(first.Secret, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Garbage_on_the_port_disturbs_nobody()
    {
        await using var site = await TestSite.StartAsync();
        await using var agent = await site.EnrolAsync("pc-1");
        await agent.ConnectAsync();
        for (var i = 0; i < 20; i++)
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(site.Url.Host, site.Url.Port);
            var garbage = new byte[4096];
            Random.Shared.NextBytes(garbage);
            await socket.GetStream().WriteAsync(garbage);
        }

        await agent.ReportAsync();
        Assert.DoesNotContain(site.Log.Lines, line => line.Level >= LogLevel.Error);
    }

    private static async Task<StatusCode> StatusOfAsync(Func<Task> call) => (await Assert.ThrowsAsync<RpcException>(call)).StatusCode;
}
