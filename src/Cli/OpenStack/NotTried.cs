using Opportunism.Clouds.OpenStack;
using Opportunism.Core.Eviction;

namespace Opportunism.Cli.OpenStack;

/// <summary>What <c>openstack check</c> cannot try, because only doing it to a tenant's server would show it: a remark instead of a
/// try.</summary>
internal static class NotTried
{
    private const string ServiceUser =
        "Not tried: deleting and shelving with a credential that has access rules. For them nova.conf needs [service_user] "
            + "send_service_user_token = true with a user that has the role service; without it a deleted server ends in ERROR (Neutron "
            + "answers 401) and a shelve fails.";

    private const string Unshelve =
        "Not tried: unshelving. For it Neutron's policy needs \"context_is_advsvc\": \"role:advsvc or role:opportunism\"; without it an "
            + "unshelve fails with PortNotFound.";

    /// <summary>The sentences that apply to these settings; all of them where the settings are a site's and unknown here.</summary>
    public static IReadOnlyList<string> For(OpenStackOptions? settings)
    {
        var shelves = settings is null || ServerPolicies.MayHappen(EvictionPolicies.Shelve, settings);
        var deletes = settings is null || ServerPolicies.MayHappen(EvictionPolicies.Terminate, settings);
        return [.. shelves || deletes ? [ServiceUser] : Array.Empty<string>(), .. shelves ? [Unshelve] : Array.Empty<string>()];
    }
}
