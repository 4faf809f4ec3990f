using Opportunism.Core;
using Opportunism.Core.Fleet;

namespace Opportunism.Clouds.OpenStack;

/// <summary>The marks on the network agents of our nodes in Neutron.</summary>
internal sealed class NetworkMarks(NeutronApi neutron, ComputeServices services, OpenStackOptions options)
{
    /// <summary>The node's agents, within the short limit; null where the settings leave them alone.</summary>
    public async Task<Reply<AgentsReply>?> AgentsAsync(NodeId node, CancellationToken cancellationToken) =>
        options.NetworkAgents == "no" || services.HostOf(node) is not { } host
            ? null
            : await neutron.AgentsAsync(host, options.CloseTimeLimit, cancellationToken);

    /// <summary>Whether the node's agents are marked, as a reading found them.</summary>
    public static CloudMark MarkOf(Reply<AgentsReply>? seen, List<string> sentences)
    {
        if (seen is not { } agents) return CloudMark.Absent;

        // Only a mark: servers must not wait when Neutron is down.
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

    /// <summary>Marks the node's agents to match the target of its host.</summary>
    public async Task<CloudAnswer> MarkAsync(NodeId node, HostTarget target, CancellationToken cancellationToken)
    {
        if (await AgentsAsync(node, cancellationToken) is not { } agents) return CloudAnswer.AlreadySo;
        if (!agents.IsDone) return agents.Answer;
        var all = new List<CloudAnswer> { CloudAnswer.AlreadySo };

        // An agent that an operator disabled has no mark of ours, and stays disabled.
        foreach (var agent in agents.Value!.Agents!.Where(agent => target.Open ? agent.IsOurs : agent.AdminStateUp))
        {
            var change = await neutron.ChangeAsync(
                agent.Id!, target.Open, target.Open ? HostReason.Before(agent) : HostReason.With(target.Reason, agent.Description),
                cancellationToken);
            all.Add(change.Answer);
        }

        return CloudAnswer.Worst(all);
    }
}
