using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Opportunism.Core.Eviction;

namespace Opportunism.Clouds.OpenStack;

/// <summary>Tests the configured credential for exactly what the controller needs, without changing anything.</summary>
/// <remarks>
/// Calls that change something are made on a service, server or agent that cannot exist: 404 means that the access rules and, for compute
/// services, the policy allow the call; 401 that an access rule is missing; 403 that a policy forbids it. Nova looks for a server before it
/// checks the policy of an action, so the right to act on servers is derived from whether a server of another project can be seen at all,
/// which is what decides it in Nova.
/// </remarks>
public sealed class OpenStackRights : IRightsCheck
{
    // No service, server or agent ever has this id.
    private const string UnknownId = "00000000-0000-4000-8000-000000000000";
    private const string NoHost = "opportunism-no-such-host";

    // In a list of this length one of another project is found wherever there are tenants.
    private const int Sample = 50;

    private readonly NovaApi nova;
    private readonly OpenStackCalls calls;
    private readonly OpenStackOptions options;

    internal OpenStackRights(NovaApi nova, OpenStackCalls calls, OpenStackOptions options) =>
        (this.nova, this.calls, this.options) = (nova, calls, options);

    /// <summary>Every right, in the order of docs/operating/openstack.md.</summary>
    public async Task<IReadOnlyList<RightCheck>> CheckAsync(CancellationToken cancellationToken)
    {
        var checks = new List<RightCheck>
        {
            await SeeAsync(
                "see compute services", OpenStackCall.Compute, $"/os-services?binary=nova-compute&host={NoHost}", "/v2.1/os-services",
                "os_compute_api:os-services:list", WireJson.Default.ServicesReply, cancellationToken),
            await TryAsync(
                "open and close compute services", OpenStackCall.Compute, HttpMethod.Put, $"/os-services/{UnknownId}",
                """{"status":"enabled"}""", "/v2.1/os-services/*", "os_compute_api:os-services:update", cancellationToken),
        };
        var (servers, known) = await ServersAsync(cancellationToken);
        checks.AddRange(servers);
        checks.Add(
            await TryAsync(
                "ask for server actions", OpenStackCall.Compute, HttpMethod.Post, $"/servers/{UnknownId}/action", """{"suspend":null}""",
                "/v2.1/servers/*/action", "os_compute_api:os-suspend-server:suspend", cancellationToken));
        checks.Add(
            await TryAsync(
                "see who did what with a server", OpenStackCall.Compute, HttpMethod.Get,
                $"/servers/{known?.Id ?? UnknownId}/os-instance-actions", null, "/v2.1/servers/*/os-instance-actions",
                "os_compute_api:os-instance-actions:list", cancellationToken));
        checks.Add(
            await TryAsync(
                "mark servers", OpenStackCall.Compute, HttpMethod.Post, $"/servers/{UnknownId}/metadata",
                """{"metadata":{"opportunism.evicted":"suspend"}}""", "/v2.1/servers/*/metadata", "os_compute_api:server-metadata:create",
                cancellationToken));
        checks.Add(
            await TryAsync(
                "take marks off servers", OpenStackCall.Compute, HttpMethod.Delete,
                $"/servers/{UnknownId}/metadata/opportunism.evicted", null,
                "/v2.1/servers/*/metadata/*", "os_compute_api:server-metadata:delete", cancellationToken));
        if (ServerPolicies.MayHappen(EvictionPolicies.Terminate, options))
            checks.Add(
                await TryAsync(
                    "delete servers whose policy is terminate", OpenStackCall.Compute, HttpMethod.Delete, $"/servers/{UnknownId}", null,
                    "/v2.1/servers/*", "os_compute_api:servers:delete", cancellationToken));
        if (options.NetworkAgents == "yes") checks.AddRange(await AgentsAsync(cancellationToken));
        return checks;
    }

    /// <summary>The rights to list servers of every project, by host, with their host, and to read one of another project; also returns
    /// that server, for checks that need a real one.</summary>
    private async Task<(IReadOnlyList<RightCheck> Checks, NovaServer? Server)> ServersAsync(CancellationToken cancellationToken)
    {
        const string rule = "/v2.1/servers/*";
        var names = new[] { "see servers of every project", "see servers by host", "see which host a server is on",
            "act on servers of every project" };
        var call = new OpenStackCall(OpenStackCall.Compute, HttpMethod.Get, "/servers/detail?all_tenants=1&limit=1");
        var all = await nova.SendAsync(
            call with { Path = $"/servers/detail?all_tenants=1&limit={Sample}" }, WireJson.Default.ServersReply, cancellationToken);
        var first = Verdict(
            names[0], all.Answer, all.Status, all.IsDone && all.Value?.Servers is not null, OpenStackCall.Compute, HttpMethod.Get, rule,
            "os_compute_api:servers:detail:get_all_tenants");
        if (first.State is not RightState.Granted)
            return (
                [
                    first,
                    .. names[1..]
                    .Select(
                        name => Unknown(
                            name, $"It is not known before the controller may {names[0]}.",
                            $"See '{names[0]}', then check again."))],
                null);
        var servers = all.Value!.Servers!;
        if (servers.Count == 0)
            return (
                [
                    first,
                    .. names[1..]
                    .Select(
                        name => Unknown(
                            name, "There is no server yet to try it on.",
                            "Start a server in another project than the credential's, then check again."))],
                null);

        // A filter that the role may not use is ignored: then a host that does not exist has servers.
        var filtered =
            await nova.SendAsync(call with { Path = $"{call.Path}&host={NoHost}" }, WireJson.Default.ServersReply, cancellationToken);

        // A user may always act on its own project, which proves nothing about others.
        var server = servers.FirstOrDefault(server => server.Id is not null && server.TenantId != calls.ProjectId);
        RightCheck[] checks =
        [
            first,
            filtered.IsDone && filtered.Value!.Servers is { Count: > 0 }
                ? Missing(
                    names[1], "Nova ignores the host when asked for the servers of one.", Admin("os_compute_api:servers:allow_all_filters"))
                : Verdict(
                    names[1], filtered.Answer, filtered.Status, filtered.IsDone, OpenStackCall.Compute, HttpMethod.Get, rule,
                    "os_compute_api:servers:allow_all_filters"),
            await HostAsync(names[2], call, cancellationToken),
            server is null
                ? Unknown(
                    names[3], "Every server that was seen belongs to the credential's own project.",
                    "Start a server in another project, then check again.")
                : await ReachAsync(names[3], server, cancellationToken),
        ];
        return (checks, server);
    }

    /// <summary>Whether the host is shown at all: a server that is on no host has the field with the value null.</summary>
    private async Task<RightCheck> HostAsync(string name, OpenStackCall call, CancellationToken cancellationToken)
    {
        var raw = await nova.SendAsync(call, WireJson.Default.JsonDocument, cancellationToken);
        if (!raw.IsDone) return Unknown(name, raw.Answer.Sentence);
        using var document = raw.Value!;
        var shown = document.RootElement.TryGetProperty("servers", out var servers) && servers.ValueKind is JsonValueKind.Array
            && servers.GetArrayLength() > 0 && servers[0].TryGetProperty("OS-EXT-SRV-ATTR:host", out _);
        return shown
            ? Granted(name)
            : Missing(name, "Nova does not show which host a server is on.", Admin("os_compute_api:os-extended-server-attributes"));
    }

    private async Task<RightCheck> ReachAsync(string name, NovaServer server, CancellationToken cancellationToken)
    {
        var reply = await nova.ServerAsync(server.Id!, cancellationToken);
        return reply.Status == 404
            ? Missing(
                name,
                $"Nova lists {ServerRules.Called(server)} of project {server.TenantId} and says that it does not exist when asked for it "
                + "alone.",
                "In Nova's policy: \"context_is_admin\": \"role:admin or role:opportunism\"")
            : Verdict(
                name, reply.Answer, reply.Status, reply.IsDone, OpenStackCall.Compute, HttpMethod.Get, "/v2.1/servers/*",
                "os_compute_api:servers:show");
    }

    private async Task<IReadOnlyList<RightCheck>> AgentsAsync(CancellationToken cancellationToken)
    {
        const string see = "see network agents";
        const string mark = "mark network agents";
        var reply = await calls.SendAsync(
            new(OpenStackCall.Network, HttpMethod.Get, "/v2.0/agents"), WireJson.Default.AgentsReply, cancellationToken);
        var seen = Verdict(
            see, reply.Answer, reply.Status, reply.IsDone && reply.Value?.Agents is not null, OpenStackCall.Network, HttpMethod.Get,
            "/v2.0/agents", "get_agent");

        // A role that may not see agents gets an empty list.
        if (seen.State is RightState.Granted && reply.Value!.Agents!.Count == 0)
            seen = Missing(
                see, "Neutron shows no agent at all. If it has some:",
                "In Neutron's policy: \"get_agent\": \"role:admin or role:opportunism\". If it has none: NetworkAgents = no");
        var tried = await TryAsync(
            mark, OpenStackCall.Network, HttpMethod.Put, $"/v2.0/agents/{UnknownId}", """{"agent":{"admin_state_up":true}}""",
            "/v2.0/agents/*", "update_agent", cancellationToken);
        if (tried.State is RightState.Granted && reply.Value?.Agents is [{ Id: { } id } agent, ..])
        {
            // Writing the value that is there already changes nothing and makes Nova check the policy, which a 404 does not.
            var body = JsonSerializer.SerializeToUtf8Bytes(
                new AgentChangeRequest(new(agent.AdminStateUp, agent.Description)), WireJson.Default.AgentChangeRequest);
            var same = await calls.SendAsync(
                new(OpenStackCall.Network, HttpMethod.Put, $"/v2.0/agents/{Uri.EscapeDataString(id)}") { Body = body },
                WireJson.Default.Ignored, cancellationToken);
            tried = Verdict(
                mark, same.Answer, same.Status, same.IsDone, OpenStackCall.Network, HttpMethod.Put, "/v2.0/agents/*", "update_agent");
        }

        return [seen, tried];
    }

    private async Task<RightCheck> SeeAsync<T>(
        string name, string service, string path, string rule, string policy, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        var reply = await nova.SendAsync(new(service, HttpMethod.Get, path), type, cancellationToken);
        return Verdict(name, reply.Answer, reply.Status, reply.IsDone, service, HttpMethod.Get, rule, policy);
    }

    /// <summary>Makes a call on something that cannot exist, or a call that changes nothing.</summary>
    private async Task<RightCheck> TryAsync(
        string name, string service, HttpMethod method, string path, string? body, string rule, string policy,
        CancellationToken cancellationToken)
    {
        var call = new OpenStackCall(service, method, path) { Body = body is null ? null : Encoding.UTF8.GetBytes(body) };
        var reply = service == OpenStackCall.Compute
            ? await nova.SendAsync(call, WireJson.Default.Ignored, cancellationToken)
            : await calls.SendAsync(call, WireJson.Default.Ignored, cancellationToken);
        return Verdict(name, reply.Answer, reply.Status, reply.IsDone || reply.Status == 404, service, method, rule, policy);
    }

    private static RightCheck Verdict(
        string name, CloudAnswer answer, int status, bool granted, string service, HttpMethod method, string rule, string policy)
    {
        if (granted) return Granted(name);
        return status switch
        {
            401 => Missing(
                name, answer.Sentence,
                $"In the application credential's access rules: {{\"service\": \"{service}\", \"method\": \"{method}\", \"path\": "
                + $"\"{rule}\"}}"),
            403 => Missing(
                name, answer.Sentence,
                service == OpenStackCall.Compute
                ? Admin(policy)
                : $"In Neutron's policy: \"{policy}\": \"role:admin or role:opportunism\""),
            _ => Unknown(name, answer.Sentence),
        };
    }

    private static string Admin(string policy) =>
        $"In Nova's policy: \"context_is_admin\": \"role:admin or role:opportunism\", or for this alone: \"{policy}\": \"role:admin or "
        + "role:opportunism\"";

    private static RightCheck Granted(string name) => new(name, RightState.Granted, $"The controller may {name}.", "");

    private static RightCheck Missing(string name, string sentence, string remedy) => new(name, RightState.Missing, sentence, remedy);

    private static RightCheck Unknown(string name, string sentence, string remedy = "Fix this, then run the check again.") =>
        new(name, RightState.Unknown, sentence, remedy);
}
