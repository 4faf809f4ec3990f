using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Opportunism.Clouds;
using Opportunism.Clouds.OpenStack;
using Opportunism.Core;
using Opportunism.Core.Availability;
using Opportunism.Core.Fleet;
using Opportunism.TestKit.OpenStack;
using Opportunism.TestKit.Sites;
using Xunit;

namespace Opportunism.UnitTests.Clouds.OpenStack;

/// <summary>A stand-in for OpenStack with two hosts, pc-1 and pc-2, and the
/// driver in front of it, composed as the controller composes it.</summary>
internal sealed class OpenStackSite : IAsyncDisposable
{
    public static readonly NodeId Node = NodeId.Parse("pc-1");
    public static readonly NodeId Other = NodeId.Parse("pc-2");

    private readonly string folder = Directory.CreateTempSubdirectory("openstack-").FullName;
    private ServiceProvider? parts;

    private OpenStackSite(FakeTimeProvider time, OpenStackStandIn standIn) => (Time, StandIn) = (time, standIn);

    public FakeTimeProvider Time { get; }

    public OpenStackStandIn StandIn { get; }

    public MemoryOpenStackStore Store { get; } = new();

    public RecordedLog Log { get; } = new();

    public OpenStackOptions Options { get; } = new() { Hosts = "pc-*" };

    public string CloudsFile => Path.Combine(folder, "clouds.yaml");

    public OpenStackCloud Cloud => parts!.GetRequiredService<OpenStackCloud>();

    public IServiceProvider Parts => parts!;

    /// <summary>Both hosts closed by us, as a controller leaves them.</summary>
    public static async Task<OpenStackSite> StartAsync(
        Action<OpenStackOptions>? change = null, System.Security.Cryptography.X509Certificates.X509Certificate2? certificate = null)
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 23, 9, 0, 0, TimeSpan.Zero));
        var site = new OpenStackSite(time, await OpenStackStandIn.StartAsync(time, certificate));
        foreach (var node in new[] { Node, Other })
            site.StandIn.AddHost(node.Value, disabled: true, NovaService.Mark + "the node has not reported yet").AgentUp = true;
        site.StandIn.WriteCloudsFile(site.CloudsFile);
        site.Options.CloudsFile = site.CloudsFile;
        change?.Invoke(site.Options);
        Assert.Empty(OpenStackOptionsValidator.Problems(site.Options));
        await site.RestartAsync();
        return site;
    }

    /// <summary>Ends the driver and starts it anew with what is stored.</summary>
    /// <param name="through">What its calls go through on their way to the network, if anything.</param>
    public async Task RestartAsync(DelegatingHandler? through = null)
    {
        if (parts is not null) await parts.DisposeAsync();
        var services = new ServiceCollection().AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(Log))
            .AddSingleton<TimeProvider>(Time).AddSingleton<IOpenStackStore>(Store).AddOpenStack(Options);
        if (through is not null) services.AddHttpClient(HttpExchange.ClientName).AddHttpMessageHandler(() => through);
        parts = services.BuildServiceProvider();
        await Cloud.LoadAsync(default);
    }

    public async Task<CloudHost> LookAsync(NodeId? node = null)
    {
        var sight = await Cloud.LookAsync(node ?? Node, default);
        Assert.True(sight.Answer.IsDone, sight.Answer.Sentence);
        return sight.Host!;
    }

    /// <summary>Does once what the plan wants, as a worker does.</summary>
    public async Task<IReadOnlyList<CloudAnswer>> FollowAsync(NodeState state, bool lost = false, NodeId? node = null)
    {
        var id = node ?? Node;
        var fleet = new FleetCase { State = state, Reason = new(ReasonCode.OwnerSeen, "input"), Lost = lost, Host = await LookAsync(id) };
        return await ActAsync(id, FleetPlan.Next(fleet));
    }

    private async Task<IReadOnlyList<CloudAnswer>> ActAsync(NodeId id, IReadOnlyList<CloudAction> actions)
    {
        var answers = new List<CloudAnswer>();
        foreach (var action in actions)
        {
            answers.Add(action switch
            {
                CloudAction.Close close => await Cloud.CloseAsync(id, close.Reason, default),
                CloudAction.Open => await Cloud.OpenAsync(id, default),
                CloudAction.Evict evict => await Cloud.EvictAsync(id, evict.Guest, default),
                CloudAction.BringBack back => await Cloud.BringBackAsync(id, back.Guest, default),
                CloudAction.Settle settle => await Cloud.SettleAsync(id, settle.Target, default),
                _ => throw new InvalidOperationException($"Unknown action {action}."),
            });
        }

        return answers;
    }

    /// <summary>The same, where the look may fail: then nothing is done, as a worker does nothing.</summary>
    public async Task FollowIfSeenAsync(NodeState state, bool lost, NodeId node)
    {
        var sight = await Cloud.LookAsync(node, default);
        if (sight.Host is { } host)
            await ActAsync(
                node,
                FleetPlan.Next(new FleetCase { State = state, Reason = new(ReasonCode.OwnerSeen, "input"), Lost = lost, Host = host }));
    }

    /// <summary>Follows the plan until it wants nothing; fails when it does not come to rest.</summary>
    public async Task RestAsync(NodeState state, bool lost = false, NodeId? node = null)
    {
        for (var round = 0; ; round++)
        {
            var answers = await FollowAsync(state, lost, node);
            StandIn.Work();
            if (answers.Count == 0) return;
            Assert.True(round < 6, $"{state} does not come to rest: {string.Join("; ", answers)}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (parts is not null) await parts.DisposeAsync();
        await StandIn.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}
