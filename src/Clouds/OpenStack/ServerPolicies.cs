using Opportunism.Core;
using Opportunism.Core.Eviction;

namespace Opportunism.Clouds.OpenStack;

/// <summary>Decides which policy a server gets: its owner's choice where the operator allows it, else its node's, else the site's.
/// Pure.</summary>
public sealed class ServerPolicies
{
    /// <summary>Metadata key by which a server's owner chooses.</summary>
    public const string OwnersKey = "opportunism.policy";

    // The words stand in metadata of servers and in records: they never change.
    private static readonly (EvictionStep Step, string Name)[] Steps =
    [
        (EvictionStep.Suspend, "suspend"), (EvictionStep.Pause, "pause"), (EvictionStep.ShutDown, "stop"), (EvictionStep.Shelve, "shelve"),
        (EvictionStep.Delete, "terminate"),
    ];

    private readonly EvictionPolicy site;
    private readonly IReadOnlyList<(string Nodes, EvictionPolicy Policy)> groups;
    private readonly HashSet<EvictionPolicy> allowed;

    /// <summary>Uses validated settings.</summary>
    public ServerPolicies(OpenStackOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        site = Offered.Find(options.Policy)!;
        groups = [.. PairList.Read(options.NodePolicies).Select(pair => (pair.Key, Offered.Find(pair.Value)!))];
        allowed = PairList.Words(options.OwnerMayChoose).Select(word => Offered.Find(word)!).ToHashSet();
    }

    /// <summary>The policies that OpenStack can carry out.</summary>
    public static PolicySet Offered { get; } = EvictionPolicies.All.Within([.. Steps.Select(known => known.Step)]);

    /// <summary>The name of a step in metadata and in records.</summary>
    public static string NameOf(EvictionStep step) => Steps.Single(known => known.Step == step).Name;

    /// <summary>The step with that name, or null.</summary>
    public static EvictionStep? StepOf(string name) =>
        Steps.Where(known => known.Name == name).Select(known => (EvictionStep?)known.Step).FirstOrDefault();

    /// <summary>Whether a server could get that policy under these settings, chosen by its owner or by the operator.</summary>
    public static bool MayHappen(EvictionPolicy policy, OpenStackOptions options)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(options);
        return PairList.Words(options.OwnerMayChoose).Concat(PairList.Read(options.NodePolicies).Select(pair => pair.Value))
            .Append(options.Policy).Contains(policy.Name);
    }

    /// <summary>The policy of a server on a node.</summary>
    public EvictionPolicy For(NodeId node, IReadOnlyDictionary<string, string> metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        if (metadata.TryGetValue(OwnersKey, out var wished) && Offered.Find(wished) is { } policy && allowed.Contains(policy))
            return policy;
        foreach (var group in groups)
        {
            if (NodePatterns.Fits(group.Nodes, node.Value)) return group.Policy;
        }

        return site;
    }
}
