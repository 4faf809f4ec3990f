using System.Runtime.Versioning;
using Opportunism.Contracts.Nodes;
using Opportunism.TestKit.Sites;

namespace Opportunism.Benchmarks.OpenStack;

/// <summary>A desktop's reports to the real controller, and how long the cloud takes to follow each.</summary>
[SupportedOSPlatform("linux")]
internal sealed class BenchNode(RealSite site, FakeAgent agent, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    public async Task ConnectAsync(CancellationToken cancellationToken)
    {
        await agent.ConnectAsync();
        await agent.ReportAsync().WaitAsync(Patience, time, cancellationToken);
    }

    /// <summary>The owner is back: milliseconds from the report until Nova has the host disabled.</summary>
    public Task<double> ClosesInAsync(CancellationToken cancellationToken) =>
        FollowsInAsync(NodeStateKind.Frozen, "cloud.close", cancellationToken);

    /// <summary>The owner has left: milliseconds from the report until Nova has the host enabled.</summary>
    public Task<double> OpensInAsync(CancellationToken cancellationToken) =>
        FollowsInAsync(NodeStateKind.Available, "cloud.open", cancellationToken);

    /// <summary>The owner has stayed. Until disposed, guests that must run to
    /// leave are reported running, as an agent does within milliseconds.</summary>
    public async Task<IAsyncDisposable> EvictsAsync(CancellationToken cancellationToken)
    {
        await agent.ReportAsync(report => report.State = NodeStateKind.Evicting).WaitAsync(Patience, time, cancellationToken);
        return new Running(agent);
    }

    public ValueTask DisposeAsync() => agent.DisposeAsync();

    private async Task<double> FollowsInAsync(NodeStateKind state, string kind, CancellationToken cancellationToken)
    {
        var newest = (await site.Client.StatusAsync(cancellationToken)).NewestEvent;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        var seen = SeenAsync(newest, kind, limit.Token);
        agent.Report.State = state;
        agent.Report.Sequence++;
        var began = time.GetTimestamp();
        await agent.SendAsync(agent.Report.Clone());
        try
        {
            return time.GetElapsedTime(began, await seen).TotalMilliseconds;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"The node is {state}, and no event {kind} came within {Patience}. {await site.DescribeAsync()}");
        }
    }

    private async Task<long> SeenAsync(long after, string kind, CancellationToken cancellationToken)
    {
        await foreach (var item in site.Client.WatchEventsAsync(after, time, cancellationToken))
        {
            if (item.Kind == kind && item.Node == BenchLab.Host) return time.GetTimestamp();
        }

        throw new IOException($"No event {kind} came.");
    }

    /// <summary>Lets the guests run that the plan names.</summary>
    private sealed class Running : IAsyncDisposable
    {
        private readonly CancellationTokenSource stop = new();
        private readonly Task following;

        public Running(FakeAgent agent) => following = FollowAsync(agent);

        public async ValueTask DisposeAsync()
        {
            await stop.CancelAsync();
            await following;
            stop.Dispose();
        }

        private async Task FollowAsync(FakeAgent agent)
        {
            while (!stop.IsCancellationRequested)
            {
                var named = agent.Plan.CloudGuests?.MustRun.Where(id => agent.Report.Guests.All(guest => guest.GuestId != id)).ToList()
                    ?? [];
                if (named.Count > 0)
                    await agent.ReportAsync(
                        report => report.Guests.AddRange(named.Select(id => new GuestReport { GuestId = id, Phase = "Running" })));
                else await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, stop.Token)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            agent.Report.Guests.Clear();
        }
    }
}
