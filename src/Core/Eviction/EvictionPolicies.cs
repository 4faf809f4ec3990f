namespace Opportunism.Core.Eviction;

/// <summary>The list of eviction policies. A new policy is one file beside this one and one line here.</summary>
public static class EvictionPolicies
{
    /// <summary>What a guest gets when nobody chose.</summary>
    public static IEvictionPolicy Default { get; } = new SuspendPolicy();

    /// <summary>Every known policy.</summary>
    public static IReadOnlyList<IEvictionPolicy> All { get; } = [Default, new RelocatePolicy(), new TerminatePolicy()];

    /// <summary>The policy of that name, or null when there is none.</summary>
    public static IEvictionPolicy? Find(string name) => All.FirstOrDefault(policy => policy.Name == name);

    /// <summary>The known names, for messages.</summary>
    public static string Known => string.Join(", ", All.Select(policy => policy.Name));
}
