using Opportunism.Core;

namespace Opportunism.Clouds.OpenStack;

/// <summary>Says which policy a server gets: its owner's choice where the operator allows it, else its node's, else the site's. Pure.</summary>
public sealed class ServerPolicies
{
    /// <summary>Metadata key by which a server's owner chooses.</summary>
    public const string OwnersKey = "opportunism.policy";

    // The second attempt meets a disk that was full only for a moment; a third would keep the owner waiting.
    private const int GentleAttempts = 2;

    private readonly ServerPolicy site;
    private readonly IReadOnlyList<(string Nodes, ServerPolicy Policy)> groups;
    private readonly HashSet<ServerPolicy> allowed;

    /// <summary>Takes checked settings.</summary>
    public ServerPolicies(OpenStackOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        site = Parse(options.Policy)!.Value;
        groups = [.. PairList.Read(options.NodePolicies).Select(pair => (pair.Key, Parse(pair.Value)!.Value))];
        allowed = PairList.Words(options.OwnerMayChoose).Select(word => Parse(word)!.Value).ToHashSet();
    }

    /// <summary>The known names, for messages.</summary>
    public static string Known { get; } = string.Join(", ", Enum.GetNames<ServerPolicy>().Select(name => name.ToLowerInvariant()));

    /// <summary>The policy of that name, or null.</summary>
    public static ServerPolicy? Parse(string name) => Array.Find(Enum.GetValues<ServerPolicy>(), policy => NameOf(policy) == name) is var found && NameOf(found) == name ? found : null;

    /// <summary>Its name in settings and metadata.</summary>
    public static string NameOf(ServerPolicy policy) => policy.ToString().ToLowerInvariant();

    /// <summary>Whether a server could get that policy under these settings, whoever chooses it.</summary>
    public static bool MayHappen(ServerPolicy policy, OpenStackOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return PairList.Words(options.OwnerMayChoose).Concat(PairList.Read(options.NodePolicies).Select(pair => pair.Value)).Append(options.Policy).Contains(NameOf(policy));
    }

    /// <summary>The policy of a server on a node.</summary>
    public ServerPolicy For(NodeId node, IReadOnlyDictionary<string, string> metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        if (metadata.TryGetValue(OwnersKey, out var wished) && Parse(wished) is { } policy && allowed.Contains(policy)) return policy;
        foreach (var group in groups)
        {
            if (Fits(group.Nodes, node.Value)) return group.Policy;
        }

        return site;
    }

    /// <summary>What to ask for now. What Nova accepted and could not do is tried again, and then the server is stopped: that always gives the memory back.</summary>
    /// <param name="policy">What was chosen.</param>
    /// <param name="attempts">How often Nova has accepted it in vain.</param>
    public static ServerPolicy Next(ServerPolicy policy, int attempts) =>
        policy is ServerPolicy.Suspend or ServerPolicy.Pause or ServerPolicy.Shelve && attempts >= GentleAttempts ? ServerPolicy.Stop : policy;

    private static bool Fits(string nodes, string node) => nodes.EndsWith('*') ? node.StartsWith(nodes[..^1], StringComparison.Ordinal) : nodes == node;
}
