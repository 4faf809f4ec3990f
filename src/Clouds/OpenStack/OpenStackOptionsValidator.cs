using Opportunism.Core;

namespace Opportunism.Clouds.OpenStack;

/// <summary>Finds every reason why the settings of the OpenStack cloud
/// cannot be used, each naming key, value and what is allowed.</summary>
public static class OpenStackOptionsValidator
{
    /// <summary>All problems at once; empty when the settings can be used.</summary>
    public static IEnumerable<string> Problems(OpenStackOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Cloud.Length == 0) yield return $"[{options.Section}] Cloud is empty; the name of a cloud in clouds.yaml is needed.";
        foreach (var problem in HostMap.Problems(options.Hosts)) yield return $"[{options.Section}] Hosts {problem}";
        if (options.TimeLimit < TimeSpan.FromSeconds(1) || options.TimeLimit > TimeSpan.FromMinutes(2))
            yield return $"[{options.Section}] TimeLimit is {Duration.Format(options.TimeLimit)}; allowed is 1s to 2m.";
        if (options.CloseTimeLimit < TimeSpan.FromSeconds(0.5) || options.CloseTimeLimit > options.TimeLimit)
            yield return $"[{options.Section}] CloseTimeLimit is {Duration.Format(options.CloseTimeLimit)}; allowed is 500ms to "
                + $"TimeLimit ({Duration.Format(options.TimeLimit)}).";
        if (ServerPolicies.Offered.Find(options.Policy) is null)
            yield return $"[{options.Section}] Policy is '{options.Policy}'; allowed are {ServerPolicies.Offered.Names}.";
        foreach (var (nodes, policy) in PairList.Read(options.NodePolicies))
        {
            if (!NodePatterns.IsValid(nodes) || ServerPolicies.Offered.Find(policy) is null)
                yield return $"[{options.Section}] NodePolicies holds '{nodes}={policy}'; allowed is NODE=POLICY, separated by commas, "
                    + $"where NODE may end in * and POLICY is one of {ServerPolicies.Offered.Names}.";
        }

        foreach (var word in PairList.Words(options.OwnerMayChoose).Where(word => ServerPolicies.Offered.Find(word) is null))
            yield return $"[{options.Section}] OwnerMayChoose holds '{word}'; allowed are {ServerPolicies.Offered.Names}.";
        if (options.NetworkAgents is not ("yes" or "no"))
            yield return $"[{options.Section}] NetworkAgents is '{options.NetworkAgents}'; allowed are yes, no.";
        if (options.WhenLost is not ("mark" or "evacuate"))
            yield return $"[{options.Section}] WhenLost is '{options.WhenLost}'; allowed are mark, evacuate.";
        if (options.EvacuateAfter < TimeSpan.FromMinutes(1) || options.EvacuateAfter > TimeSpan.FromDays(7))
            yield return $"[{options.Section}] EvacuateAfter is {Duration.Format(options.EvacuateAfter)}; allowed is 1m to 7d.";
    }
}
