using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Opportunism.Core;
using Opportunism.Core.Fleet;

namespace Opportunism.Clouds.OpenStack;

/// <summary>Nodes that are lost: marked in Nova, and evacuated where that is set.</summary>
internal sealed partial class LostNodes(NovaApi nova, ComputeServices services, OpenStackOptions options, TimeProvider time, ILogger log)
{
    // Since when a node is lost, in this run of the program: a restart counts from zero, which only delays an evacuation.
    private readonly ConcurrentDictionary<NodeId, DateTimeOffset> lostSince = new();

    /// <summary>Whether all of a lost node's marks are set in Nova.</summary>
    public CloudMark MarkOf(NodeId node, NovaService service, IReadOnlyList<NovaServer> servers)
    {
        var carriers = servers.Where(server => ServerRules.CanBeMarked(server) && string.IsNullOrEmpty(server.TaskState)).ToList();
        var marked = carriers.Count(server => server.Metadata.ContainsKey(ServerRules.LostKey));
        var mark = carriers.Count == 0 ? CloudMark.Absent
            : marked == 0 ? CloudMark.No
            : marked == carriers.Count ? CloudMark.Yes
            : CloudMark.Partly;
        if (HostReason.IsForcedDownByUs(service)) mark = mark is CloudMark.Absent or CloudMark.Yes ? CloudMark.Yes : CloudMark.Partly;
        return MustEvacuate(node) && servers.Any(ServerRules.CanBeEvacuated) ? CloudMark.Partly : mark;
    }

    private bool MustEvacuate(NodeId node) =>
        options.WhenLost == "evacuate" && lostSince.TryGetValue(node, out var since) && time.GetUtcNow() >= since + options.EvacuateAfter;

    /// <summary>Marks the node as lost in Nova, and evacuates its servers where and when that is set.</summary>
    public async Task<CloudAnswer> LoseAsync(NodeId node, CancellationToken cancellationToken)
    {
        lostSince.TryAdd(node, time.GetUtcNow());
        if (services.HostOf(node) is not { } host) return services.HasNoHost(node);
        var servers = await nova.ServersAsync(host, cancellationToken);
        if (!servers.IsDone) return servers.Answer;
        if (MustEvacuate(node)) return await EvacuateAsync(node, servers.Value!.Servers!, cancellationToken);
        var all = new List<CloudAnswer> { CloudAnswer.Done };
        foreach (var server in servers.Value!.Servers!.Where(
            server => ServerRules.CanBeMarked(server) && string.IsNullOrEmpty(server.TaskState)
                && !server.Metadata.ContainsKey(ServerRules.LostKey)))
        {
            all.Add(UnlessGone(await nova.MarkAsync(server.Id!, ServerRules.LostKey, node.Value, cancellationToken)));
        }

        return CloudAnswer.Worst(all);
    }

    private async Task<CloudAnswer> EvacuateAsync(NodeId node, IReadOnlyList<NovaServer> servers, CancellationToken cancellationToken)
    {
        var (answer, service) = await services.FindAsync(node, cancellationToken);
        if (service is null) return answer;
        if (!service.ForcedDown)
        {
            // A desktop whose nova-compute still reports runs its servers: rebuilding them elsewhere would run them twice.
            if (service.IsUp)
                return CloudAnswer.Refused(
                    $"Nothing is heard from the agent on {node}, but its nova-compute reports to Nova, so its servers are not evacuated. "
                        + "Start the agent there.");
            if (!service.IsOurs)
                return CloudAnswer.Refused(
                    $"An operator disabled nova-compute on {service.Host}, so its servers are not evacuated. Evacuate them by hand, or "
                        + "enable it.");
            var down = await services.ForceDownAsync(node, service, "nothing has been heard from the node", cancellationToken);
            if (!down.IsDone) return down;
        }

        var all = new List<CloudAnswer> { CloudAnswer.Done };
        foreach (var server in servers.Where(ServerRules.CanBeEvacuated))
        {
            // On its new node it is not lost any more.
            if (server.Metadata.ContainsKey(ServerRules.LostKey) && ServerRules.CanBeMarked(server))
                all.Add(UnlessGone(await nova.UnmarkAsync(server.Id!, ServerRules.LostKey, cancellationToken)));
            var evacuated = await nova.EvacuateAsync(server.Id!, cancellationToken);
            if (evacuated.IsDone) ServerEvacuated(server.Id!, node.Value);
            all.Add(UnlessGone(evacuated));
        }

        return CloudAnswer.Worst(all);
    }

    /// <summary>Removes a lost node's marks from Nova.</summary>
    public async Task<CloudAnswer> FindAgainAsync(NodeId node, CancellationToken cancellationToken)
    {
        lostSince.TryRemove(node, out _);
        var (answer, service) = await services.FindAsync(node, cancellationToken);
        if (service is null) return answer;
        if (HostReason.IsForcedDownByUs(service))
        {
            var up = await services.ForceUpAsync(service, cancellationToken);
            if (!up.IsDone) return up;
        }

        var servers = await nova.ServersAsync(service.Host!, cancellationToken);
        if (!servers.IsDone) return servers.Answer;
        var all = new List<CloudAnswer> { CloudAnswer.Done };
        foreach (var server in servers.Value!.Servers!.Where(
            server => server.Metadata.ContainsKey(ServerRules.LostKey) && ServerRules.CanBeMarked(server)))
        {
            all.Add(UnlessGone(await nova.UnmarkAsync(server.Id!, ServerRules.LostKey, cancellationToken)));
        }

        return CloudAnswer.Worst(all);
    }

    private static CloudAnswer UnlessGone(Reply<Ignored> reply) => reply.Status == 404 ? CloudAnswer.AlreadySo : reply.Answer;
}
