using Opportunism.Core;

namespace Opportunism.Clouds.OpenStack;

/// <summary>Settings of the OpenStack cloud; every key is a row in docs/settings.md. Credentials are in clouds.yaml, not here.</summary>
/// <param name="section">The section of the settings file that holds them, for messages.</param>
public sealed class OpenStackOptions(string section = "OpenStack") : CloudOptions(section)
{
    /// <summary>The clouds.yaml to read; empty for the places where OpenStack's own tools look.</summary>
    public string CloudsFile { get; set; } = "";

    /// <summary>Name of the cloud in clouds.yaml.</summary>
    public string Cloud { get; set; } = "openstack";

    /// <summary>Region whose endpoints are used; empty for the one in clouds.yaml.</summary>
    public string Region { get; set; } = "";

    /// <summary>The hosts of Nova that belong to nodes; no other is ever changed: NODE, NODE=HOST or PATTERN*=HOST-WITH-*, separated by
    /// commas.</summary>
    public string Hosts { get; set; } = "";

    /// <summary>How long one request may take.</summary>
    public TimeSpan TimeLimit { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long opening or closing a compute service may take before the service is read from Nova instead.</summary>
    public TimeSpan CloseTimeLimit { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>What happens to a server when the owner of its node stays.</summary>
    public string Policy { get; set; } = "suspend";

    /// <summary>The same for some nodes: NODE=POLICY, separated by commas; a node's name may end in *. The first match counts.</summary>
    public string NodePolicies { get; set; } = "";

    /// <summary>Policies that a server's owner may choose through its metadata, separated by commas; empty for none.</summary>
    [EmptyAllowed]
    public string OwnerMayChoose { get; set; } = "suspend, stop, shelve, terminate";

    /// <summary>Whether the node's Neutron agents are marked together with its compute service: yes or no.</summary>
    public string NetworkAgents { get; set; } = "yes";

    /// <summary>What happens to the servers of a lost node: mark or evacuate.</summary>
    public string WhenLost { get; set; } = "mark";

    /// <summary>How long a node must have been lost before its servers are evacuated.</summary>
    public TimeSpan EvacuateAfter { get; set; } = TimeSpan.FromMinutes(10);
}
