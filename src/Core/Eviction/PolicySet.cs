namespace Opportunism.Core.Eviction;

/// <summary>The policies that a cloud or an agent can carry out.</summary>
public sealed class PolicySet(params IReadOnlyList<EvictionPolicy> policies)
{
    /// <summary>The policies, in the order in which messages name them.</summary>
    public IReadOnlyList<EvictionPolicy> All => policies;

    /// <summary>Their names, for messages.</summary>
    public string Names => string.Join(", ", policies.Select(policy => policy.Name));

    /// <summary>Those of them that need no other step than these.</summary>
    public PolicySet Within(params IReadOnlyCollection<EvictionStep> steps) =>
        new([.. policies.Where(policy => policy.Ladder.All(steps.Contains))]);

    /// <summary>The policy of that name, or null when it is not among them.</summary>
    public EvictionPolicy? Find(string name) => policies.FirstOrDefault(policy => policy.Name == name);
}
