using System.Text.Json;

namespace Opportunism.Clouds.OpenStack;

/// <summary>The part of Neutron's API that is used.</summary>
internal sealed class NeutronApi(OpenStackCalls calls)
{
    // Those that connect servers to networks. Others of a host serve the networks of servers elsewhere: DHCP, routers, metadata.
    private static readonly HashSet<string> Layer2 =
    [
        "neutron-openvswitch-agent", "neutron-linuxbridge-agent", "neutron-sriov-nic-agent", "neutron-macvtap-agent", "ovn-controller",
    ];

    /// <summary>The layer-2 agents of that host, within that time limit.</summary>
    public async Task<Reply<AgentsReply>> AgentsAsync(string host, TimeSpan limit, CancellationToken cancellationToken)
    {
        var call = new OpenStackCall(OpenStackCall.Network, HttpMethod.Get, $"/v2.0/agents?host={Uri.EscapeDataString(host)}")
        {
            Limit = limit,
        };
        var reply = await calls.SendAsync(call, WireJson.Default.AgentsReply, cancellationToken);
        if (!reply.IsDone) return reply;
        if (reply.Value!.Agents is not { } agents || agents.Any(agent => agent.Id is null))
            return OpenStackCalls.Nonsense<AgentsReply>(call, "");
        var ofHost = agents.Where(agent => agent.Host == host && Layer2.Contains(agent.Binary ?? ""));
        return reply with { Value = new AgentsReply([.. ofHost]) };
    }

    /// <summary>Marks an agent up or down, with a reason.</summary>
    public Task<Reply<AgentReply>> ChangeAsync(string id, bool up, string description, CancellationToken cancellationToken) =>
        calls.SendAsync(
            new(OpenStackCall.Network, HttpMethod.Put, $"/v2.0/agents/{Uri.EscapeDataString(id)}")
            {
                Body =
                    JsonSerializer.SerializeToUtf8Bytes(new AgentChangeRequest(new(up, description)), WireJson.Default.AgentChangeRequest),
            },
            WireJson.Default.AgentReply, cancellationToken);
}
