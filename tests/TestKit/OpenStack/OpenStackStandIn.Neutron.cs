using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Opportunism.TestKit.OpenStack;

/// <content>Neutron: only agents.</content>
public sealed partial class OpenStackStandIn
{
    private Answer Network(HttpContext http, string path, JsonObject? body)
    {
        if (Stop(http, "network", path) is { } stopped) return stopped;
        lock (gate)
        {
            // For a role that may not see agents there are none.
            var visible = Lacks("get_agent") ? [] : hosts.Where(host => host.HasAgent).ToList();
            if (path == "/v2.0/agents" && http.Request.Method == "GET")
            {
                var wanted = http.Request.Query["host"].ToString();
                var shown = visible.Where(host => wanted.Length == 0 || host.Name == wanted).Select(AgentOf);
                return new(200, new JsonObject { ["agents"] = new JsonArray([.. shown]) });
            }

            var id = path["/v2.0/agents/".Length..];
            if (visible.Find(host => host.AgentId == id) is not { } host)
                return NeutronError(404, "AgentNotFound", $"Agent {id} could not be found.");
            if (http.Request.Method != "PUT" || body?["agent"] is not JsonObject agent)
                return NeutronError(400, "HTTPBadRequest", "Unable to find 'agent' in request body");
            if (Lacks("update_agent")) return NeutronError(403, "PolicyNotAuthorized", "rule:update_agent is disallowed by policy");
            if (agent.Any(field => field.Key is not ("admin_state_up" or "description")))
                return NeutronError(400, "HTTPBadRequest", "Cannot update read-only attribute");
            if ((string?)agent["description"] is { Length: > 255 })
                return NeutronError(400, "HTTPBadRequest", "Invalid input for description. Reason: exceeds maximum length of 255.");
            if (agent["admin_state_up"] is { } up) host.AgentUp = (bool)up;
            if (agent["description"] is { } description) host.AgentDescription = (string)description!;
            return new(200, new JsonObject { ["agent"] = AgentOf(host) });
        }
    }

    private static Answer NeutronError(int status, string type, string message) =>
        new(status, new JsonObject { ["NeutronError"] = new JsonObject { ["type"] = type, ["message"] = message, ["detail"] = "" } });

    private static JsonObject AgentOf(StandInHost host) => new()
    {
        ["id"] = host.AgentId,
        ["host"] = host.Name,
        ["binary"] = host.AgentBinary,
        ["admin_state_up"] = host.AgentUp,
        ["alive"] = host.SilentSince is null,
        ["description"] = host.AgentDescription.Length > 0 ? host.AgentDescription : null,
    };
}
