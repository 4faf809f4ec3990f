using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Opportunism.TestKit.OpenStack;

/// <content>Nova: services, servers, metadata, actions.</content>
public sealed partial class OpenStackStandIn
{
    // CONF.service_down_time and CONF.rpc_response_timeout, Nova's defaults.
    private static readonly TimeSpan DownAfter = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan RpcTimeout = TimeSpan.FromSeconds(60);

    private readonly HashSet<string> lacking = [];
    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, bool> microversions = new();

    /// <summary>Microversions of all accepted requests to Nova.</summary>
    public ICollection<string> Microversions => microversions.Keys;

    /// <summary>True while the role counts as admin for Nova (context_is_admin), so that it can act on servers of every project.</summary>
    public bool IsAdmin { get; set; } = true;

    /// <summary>Removes a right, by its policy's name.</summary>
    public void Deny(string policy)
    {
        lock (gate) lacking.Add(policy);
    }

    private bool Lacks(string policy) => lacking.Contains(policy);

    private Answer Version() => new(200, new JsonObject
    {
        ["version"] = new JsonObject
        {
            ["id"] = "v2.1",
            ["status"] = "CURRENT",
            ["version"] = $"2.{NewestMinor}",
            ["min_version"] = $"2.{OldestMinor}"
        },
    });

    private async Task<Answer> ComputeAsync(HttpContext http, string path, JsonObject? body)
    {
        if (Stop(http, "compute", path) is { } stopped) return stopped;
        var header = http.Request.Headers["OpenStack-API-Version"].ToString();
        var minor = header.StartsWith("compute 2.", StringComparison.Ordinal) ? MinorOf(header["compute ".Length..]) : 1;
        if (minor > NewestMinor || minor < OldestMinor)
            return Error(
                406, "computeFault",
                $"Version 2.{minor} is not supported by the API. Minimum is 2.{OldestMinor} and maximum is 2.{NewestMinor}.");
        microversions[$"2.{minor}"] = true;
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries)[1..];
        if (parts is ["os-services", var service] && http.Request.Method == "PUT")
        {
            var (answer, host) = ChangeService(service, minor, body);

            // Nova has stored the change; now it calls the host, and waits for it unless the host is down.
            if (host is not null) await Task.WhenAny(host.Thawed, Task.Delay(RpcTimeout, time, http.RequestAborted));
            return answer;
        }

        lock (gate)
        {
            return (http.Request.Method, parts) switch
            {
                ("GET", ["os-services"]) => Services(http),
                ("GET", ["servers", "detail"]) => List(http),
                ("GET", ["servers", var id]) => Find(id) is { } server ? new(200,
                new JsonObject { ["server"] = ShownLocked(server) }) : NoServer(id),
                ("DELETE", ["servers", var id]) => Find(id) is { } server ? DeleteLocked(server, ControllerUser) : NoServer(id),
                ("GET", ["servers", var id, "os-instance-actions"]) => Find(id) is { } server ? ActionsOf(server) : NoServer(id),
                ("POST", ["servers", var id, "metadata"]) => Find(id) is { } server ? MarkLocked(server, body) : NoServer(id),
                ("DELETE", ["servers", var id, "metadata", var key]) => Find(id) is { } server ? UnmarkLocked(server, key) : NoServer(id),
                ("POST", ["servers", var id, "action"]) => Find(id) is { } server ? ActLocked(server, body, minor, ControllerUser,
                IsAdmin) : NoServer(id),
                _ => Error(404, "itemNotFound", "The resource could not be found."),
            };
        }
    }

    private Answer Services(HttpContext http)
    {
        if (Lacks("os_compute_api:os-services:list")) return Forbidden("os_compute_api:os-services:list");
        var (binary, name) = (http.Request.Query["binary"].ToString(), http.Request.Query["host"].ToString());
        var wanted = hosts.Where(host => (name.Length == 0 || host.Name == name) && binary is "" or "nova-compute");
        return new(200, new JsonObject { ["services"] = new JsonArray([.. wanted.Select(ServiceOf)]) });
    }

    private JsonObject ServiceOf(StandInHost host) => new()
    {
        ["id"] = host.ServiceId,
        ["binary"] = "nova-compute",
        ["host"] = host.Name,
        ["zone"] = "nova",
        ["status"] = host.Disabled ? "disabled" : "enabled",
        ["state"] = IsUp(host) ? "up" : "down",
        ["updated_at"] = Stamp(host.SilentSince ?? time.GetUtcNow()),
        ["disabled_reason"] = host.DisabledReason,
        ["forced_down"] = host.ForcedDown,
    };

    private bool IsUp(StandInHost host) => !host.ForcedDown && (host.SilentSince is not { } since || time.GetUtcNow() - since < DownAfter);

    /// <summary>The response, and the host that must be waited for before it is sent; null for none.</summary>
    private (Answer Answer, StandInHost? Waits) ChangeService(string id, int minor, JsonObject? body)
    {
        lock (gate)
        {
            if (minor < 53) return (Error(404, "itemNotFound", "Unknown action"), null);
            if (Lacks("os_compute_api:os-services:update")) return (Forbidden("os_compute_api:os-services:update"), null);
            if (body is null || body.Any(field => field.Key is not ("status" or "disabled_reason" or "forced_down")))
                return (Bad("Additional properties are not allowed"), null);
            if (!Guid.TryParse(id, out _)) return (Bad($"Invalid uuid {id}"), null);
            if (hosts.Find(host => host.ServiceId == id) is not { } host)
                return (Error(404, "itemNotFound", $"Service {id} could not be found."), null);
            var (status, reason) = ((string?)body["status"], (string?)body["disabled_reason"]);
            if (reason is { Length: 0 or > 255 })
                return (Bad($"Invalid input for field/attribute disabled_reason. Value: {reason}."), null);
            if (status is not (null or "enabled" or "disabled")) return (Bad("Invalid input for field/attribute status."), null);
            if (status == "enabled" && reason is not null)
                return (Bad("Specifying 'disabled_reason' with status 'enabled' is invalid."), null);
            if (status is null && body["forced_down"] is null)
                return (Bad("No updates were requested. Fields 'status' or 'forced_down' should be specified."), null);
            if (body["forced_down"] is { } forced)
            {
                if (!(bool)forced && host.HasEvacuated)
                    return (Bad($"Unable to force up host {host.Name} as it still has evacuation records in status 'done'."), null);
                host.ForcedDown = (bool)forced;
            }

            if (status is not null) (host.Disabled, host.DisabledReason) = (status == "disabled", status == "disabled" ? reason : null);
            return (new Answer(200, new JsonObject { ["service"] = ServiceOf(host) }), status is not null && IsUp(host) ? host : null);
        }
    }

    private Answer List(HttpContext http)
    {
        var query = http.Request.Query;
        var everybody = query["all_tenants"] == "1";
        if (everybody && Lacks("os_compute_api:servers:detail:get_all_tenants"))
            return Forbidden("os_compute_api:servers:detail:get_all_tenants");
        var wanted = query["host"].ToString();

        // A filter that the role may not use is ignored, not refused.
        if (Lacks("os_compute_api:servers:allow_all_filters")) wanted = "";
        var found = servers.Where(server => everybody && (wanted.Length == 0 || server.Host == wanted)).ToList();
        if (query.TryGetValue("status", out var status))
            found.RemoveAll(server => !string.Equals(server.VmState, status, StringComparison.OrdinalIgnoreCase));
        var limit =
            Math.Min(query.TryGetValue("limit", out var asked) ? int.Parse(asked!, CultureInfo.InvariantCulture) : PageSize, PageSize);
        if (query.TryGetValue("marker", out var marker))
        {
            var at = found.FindIndex(server => server.Id.ToString() == marker);
            if (at < 0) return Bad($"marker [{marker}] not found");
            found = found[(at + 1)..];
        }

        var page = found.Take(limit).ToList();
        var answer = new JsonObject { ["servers"] = new JsonArray([.. page.Select(ShownLocked)]) };
        if (page.Count == limit && limit > 0)
            answer["servers_links"] =
                new JsonArray(new JsonObject { ["rel"] = "next", ["href"] = $"{Url}compute/v2.1/servers/detail?marker={page[^1].Id}" });
        return new(200, answer);
    }

    private JsonObject ShownLocked(StandInServer server)
    {
        var shown = new JsonObject
        {
            ["id"] = server.Id.ToString(),
            ["name"] = server.Name,
            ["status"] = server.VmState.ToUpperInvariant(),
            ["tenant_id"] = server.Tenant,
            ["user_id"] = server.User,
            ["locked"] = server.Locked,
            ["OS-EXT-STS:vm_state"] = server.VmState,
            ["OS-EXT-STS:task_state"] = server.TaskState,
            ["OS-EXT-STS:power_state"] = server.VmState switch { "active" => 1, "paused" => 3, "suspended" or "stopped" => 4, _ => 0 },
            ["metadata"] = new JsonObject(server.Metadata.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))),
        };
        if (!Lacks("os_compute_api:os-extended-server-attributes")) shown["OS-EXT-SRV-ATTR:host"] = server.Host;
        if (server.VmState == "error")
            shown["fault"] = new JsonObject { ["code"] = 500, ["message"] = server.Fault ?? "Build of instance aborted" };
        return shown;
    }

    /// <summary>A server that the controller's role can reach; for all others the response is 404.</summary>
    private StandInServer? Find(string id) => IsAdmin && Guid.TryParse(id, out var guid) ? servers.Find(server => server.Id == guid) : null;

    private static Answer NoServer(string id) => Error(404, "itemNotFound", $"Instance {id} could not be found.");

    private static Answer Bad(string message) => Error(400, "badRequest", message);

    private Answer ActionsOf(StandInServer server)
    {
        if (Lacks("os_compute_api:os-instance-actions:list")) return Forbidden("os_compute_api:os-instance-actions:list");
        return new(200, new JsonObject
        {
            ["instanceActions"] = new JsonArray([.. server.Actions.Select(action => (JsonNode)new JsonObject
            {
                ["action"] = action.Action,
                ["instance_uuid"] = server.Id.ToString(),
                ["request_id"] = $"req-{Guid.NewGuid()}",
                ["user_id"] = action.User,
                ["project_id"] = server.Tenant,
                ["message"] = null,
            })]),
        });
    }

    private Answer MarkLocked(StandInServer server, JsonObject? body)
    {
        if (Lacks("os_compute_api:server-metadata:create")) return Forbidden("os_compute_api:server-metadata:create");
        if (body?["metadata"] is not JsonObject metadata || body.Count != 1) return Bad("Invalid input for field/attribute metadata.");
        if (server.VmState is not ("active" or "paused" or "suspended" or "stopped"))
            return Wrong(server, "create metadata", "vm_state", server.VmState);
        foreach (var (key, value) in metadata) server.Metadata[key] = (string)value!;
        return new(200, new JsonObject { ["metadata"] = metadata.DeepClone() });
    }

    private Answer UnmarkLocked(StandInServer server, string key)
    {
        if (Lacks("os_compute_api:server-metadata:delete")) return Forbidden("os_compute_api:server-metadata:delete");
        if (!server.Metadata.ContainsKey(key)) return Error(404, "itemNotFound", "Metadata item was not found");
        if (server.VmState is not ("active" or "paused" or "suspended" or "stopped"))
            return Wrong(server, "delete metadata", "vm_state", server.VmState);
        server.Metadata.Remove(key);
        return new(204);
    }

    private static Answer Wrong(StandInServer server, string action, string attribute, string? state) =>
        Error(409, "conflictingRequest", $"Cannot '{action}' instance {server.Id} while it is in {attribute} {state}");
}
