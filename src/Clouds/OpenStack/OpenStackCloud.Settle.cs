using System.Collections.Concurrent;
using Opportunism.Core;
using Opportunism.Core.Fleet;

namespace Opportunism.Clouds.OpenStack;

/// <content>What is more than open or closed: marks on network agents, and lost nodes.</content>
public sealed partial class OpenStackCloud
{
    // Stands between our reason and the description that an agent had before.
    private const string WasBefore = "; was: ";

    // Since when a node is lost, as far as this run of the program knows: a restart begins anew, which only delays an evacuation.
    private readonly ConcurrentDictionary<NodeId, DateTimeOffset> lostSince = new();

    /// <inheritdoc/>
    public async Task<CloudAnswer> SettleAsync(NodeId node, FleetWish wish, CancellationToken cancellationToken)
    {
        var lost = wish.Lost ? await LoseAsync(node, cancellationToken) : await FindAgainAsync(node, cancellationToken);
        var network = await MarkNetworkAsync(node, wish, cancellationToken);
        return lost.IsDone ? network : lost;
    }

    /// <summary>The node's agents, within the short limit; null where they are none of our business.</summary>
    private async Task<Reply<AgentsReply>?> AgentsAsync(NodeId node, CancellationToken cancellationToken) =>
        options.NetworkAgents == "no" ? null : await neutron.AgentsAsync(HostOf(node), options.CloseTimeLimit, cancellationToken);

    private static CloudMark NetworkMark(Reply<AgentsReply>? seen, List<string> sentences)
    {
        if (seen is not { } agents) return CloudMark.Absent;

        // Only a mark: servers must not wait for a Neutron that is down.
        if (!agents.IsDone)
        {
            sentences.Add($"its network agents could not be seen: {agents.Answer.Sentence}");
            return CloudMark.Absent;
        }

        return (agents.Value!.Agents!.Any(agent => agent.AdminStateUp), agents.Value.Agents!.Any(agent => agent.IsOurs)) switch
        {
            (true, true) => CloudMark.Partly,
            (true, false) => CloudMark.Yes,
            (false, true) => CloudMark.No,
            _ => CloudMark.Absent,
        };
    }

    private async Task<CloudAnswer> MarkNetworkAsync(NodeId node, FleetWish wish, CancellationToken cancellationToken)
    {
        if (await AgentsAsync(node, cancellationToken) is not { } agents) return CloudAnswer.AlreadySo;
        if (!agents.IsDone) return agents.Answer;
        var all = new List<CloudAnswer> { CloudAnswer.AlreadySo };

        // An agent that an operator took down has no mark of ours, and stays down.
        foreach (var agent in agents.Value!.Agents!.Where(agent => wish.Open ? agent.IsOurs : agent.AdminStateUp))
        {
            var change = await neutron.ChangeAsync(agent.Id!, wish.Open, wish.Open ? BeforeOf(agent) : ReasonWith(wish.Reason, agent.Description), cancellationToken);
            all.Add(change.Answer);
        }

        return Worst(all);
    }

    private static string ReasonWith(string reason, string? before)
    {
        var end = string.IsNullOrEmpty(before) ? "" : WasBefore + before;

        // A description too long to keep beside a reason is more worth than the reason.
        return end.Length > LongestReason - NovaService.Mark.Length ? NovaService.Mark + end[..(LongestReason - NovaService.Mark.Length)] : ReasonOf(reason, end);
    }

    private static string BeforeOf(NeutronAgent agent) => agent.Description!.IndexOf(WasBefore, StringComparison.Ordinal) is >= 0 and var at ? agent.Description[(at + WasBefore.Length)..] : "";

    /// <summary>Whether Nova has been told all that it should know of a lost node.</summary>
    private CloudMark LostMark(NodeId node, NovaService service, IReadOnlyList<NovaServer> servers)
    {
        var carriers = servers.Where(server => ServerRules.CanBeMarked(server) && string.IsNullOrEmpty(server.TaskState)).ToList();
        var marked = carriers.Count(server => server.Metadata.ContainsKey(ServerRules.LostKey));
        var mark = carriers.Count == 0 ? CloudMark.Absent : marked == 0 ? CloudMark.No : marked == carriers.Count ? CloudMark.Yes : CloudMark.Partly;
        if (IsForcedDownByUs(service)) mark = mark is CloudMark.Absent or CloudMark.Yes ? CloudMark.Yes : CloudMark.Partly;
        return MustEvacuate(node) && servers.Any(ServerRules.CanBeEvacuated) ? CloudMark.Partly : mark;
    }

    private bool MustEvacuate(NodeId node) => options.WhenLost == "evacuate" && lostSince.TryGetValue(node, out var since) && time.GetUtcNow() >= since + options.EvacuateAfter;

    private async Task<CloudAnswer> LoseAsync(NodeId node, CancellationToken cancellationToken)
    {
        lostSince.TryAdd(node, time.GetUtcNow());
        var servers = await nova.ServersAsync(HostOf(node), cancellationToken);
        if (!servers.IsDone) return servers.Answer;
        if (MustEvacuate(node)) return await EvacuateAsync(node, servers.Value!.Servers!, cancellationToken);
        var all = new List<CloudAnswer> { CloudAnswer.Done };
        foreach (var server in servers.Value!.Servers!.Where(server => ServerRules.CanBeMarked(server) && string.IsNullOrEmpty(server.TaskState) && !server.Metadata.ContainsKey(ServerRules.LostKey)))
        {
            all.Add(UnlessGone(await nova.MarkAsync(server.Id!, ServerRules.LostKey, node.Value, cancellationToken)));
        }

        return Worst(all);
    }

    private async Task<CloudAnswer> EvacuateAsync(NodeId node, IReadOnlyList<NovaServer> servers, CancellationToken cancellationToken)
    {
        var (answer, service) = await FindAsync(node, cancellationToken);
        if (service is null) return answer;
        if (!service.ForcedDown)
        {
            // A desktop whose nova-compute still reports runs its servers: building them elsewhere too would run them twice.
            if (service.IsUp) return Refused($"Nothing is heard from the agent on {node}, but its nova-compute reports to Nova, so its servers are not evacuated. Start the agent there.");
            if (!service.IsOurs) return Refused($"An operator disabled nova-compute on {service.Host}, so its servers are not evacuated. Evacuate them by hand, or enable it.");
            var down = await ChangeAsync(node, service, new ServiceChange("disabled", ReasonOf("nothing has been heard from the node", ForcedDownEnd), true), after => after.ForcedDown, cancellationToken);
            if (!down.IsDone) return down;
        }

        var all = new List<CloudAnswer> { CloudAnswer.Done };
        foreach (var server in servers.Where(ServerRules.CanBeEvacuated))
        {
            // Where it goes it is not lost any more.
            if (server.Metadata.ContainsKey(ServerRules.LostKey) && ServerRules.CanBeMarked(server)) all.Add(UnlessGone(await nova.UnmarkAsync(server.Id!, ServerRules.LostKey, cancellationToken)));
            var evacuated = await nova.EvacuateAsync(server.Id!, cancellationToken);
            if (evacuated.IsDone) ServerEvacuated(server.Id!, node.Value);
            all.Add(UnlessGone(evacuated));
        }

        return Worst(all);
    }

    private async Task<CloudAnswer> FindAgainAsync(NodeId node, CancellationToken cancellationToken)
    {
        lostSince.TryRemove(node, out _);
        var (answer, service) = await FindAsync(node, cancellationToken);
        if (service is null) return answer;
        if (IsForcedDownByUs(service))
        {
            var up = await ForceUpAsync(service, cancellationToken);
            if (!up.IsDone) return up;
        }

        var servers = await nova.ServersAsync(HostOf(node), cancellationToken);
        if (!servers.IsDone) return servers.Answer;
        var all = new List<CloudAnswer> { CloudAnswer.Done };
        foreach (var server in servers.Value!.Servers!.Where(server => server.Metadata.ContainsKey(ServerRules.LostKey) && ServerRules.CanBeMarked(server)))
        {
            all.Add(UnlessGone(await nova.UnmarkAsync(server.Id!, ServerRules.LostKey, cancellationToken)));
        }

        return Worst(all);
    }

    /// <summary>One answer for many servers, none of which waited for another: the first that was not done, else the last.</summary>
    private static CloudAnswer Worst(IReadOnlyList<CloudAnswer> all) => all.FirstOrDefault(answer => !answer.IsDone, all[^1]);

    private static CloudAnswer UnlessGone(Reply<Ignored> reply) => reply.Status == 404 ? CloudAnswer.AlreadySo : reply.Answer;
}
