using System.Net;
using System.Runtime.Versioning;
using System.Text.Json.Nodes;

namespace Opportunism.Workshop.Lab;

/// <summary>What a tenant of a lab does with servers, with the same calls as the openstack client.</summary>
[SupportedOSPlatform("linux")]
internal static class LabServers
{
    /// <summary>Creates a server, in an availability zone or in any, with that metadata; returns its id at once.</summary>
    public static async Task<string> AskForAsync(
        LabApi tenant, string name, string? zone, JsonObject metadata, CancellationToken cancellationToken)
    {
        async Task<string> Id(Uri folder, string list, string wanted) =>
            (string?)(await tenant.FindAsync(
                folder, list, wanted,
                cancellationToken))?["id"] ?? throw new IOException($"The lab has none of its {list} named '{wanted}'; './opportunism "
                + "lab up' makes it.");
        var server = new JsonObject
        {
            ["name"] = name,
            ["imageRef"] = await Id(new(tenant.Glance, "images"), "images", LabContents.Tick),
            ["flavorRef"] = await Id(new(tenant.Nova, "flavors"), "flavors", LabContents.Tick),
            ["networks"] =
                new JsonArray(new JsonObject { ["uuid"] = await Id(new(tenant.Neutron, "networks"), "networks", LabContents.Network) }),
            ["metadata"] = metadata,
        };
        if (zone is not null) server["availability_zone"] = zone;
        var made = await tenant.PostAsync(new(tenant.Nova, "servers"), new() { ["server"] = server }, cancellationToken);
        return (string)made["server"]!["id"]!;
    }

    /// <summary>A server as its tenant sees it; null once it is deleted.</summary>
    public static async Task<JsonNode?> FindAsync(LabApi tenant, string server, CancellationToken cancellationToken)
    {
        try
        {
            return (await tenant.GetAsync(At(tenant, server), cancellationToken))["server"];
        }
        catch (LabRefusal refusal) when (refusal.Status is HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>Deletes a server if it still exists, and does not wait until it is gone.</summary>
    public static async Task DeleteAsync(LabApi tenant, string server, CancellationToken cancellationToken)
    {
        try
        {
            await tenant.DeleteAsync(At(tenant, server), cancellationToken);
        }
        catch (LabRefusal refusal) when (refusal.Status is HttpStatusCode.NotFound)
        {
            // It is gone already.
        }
    }

    /// <summary>Everything that a server has printed on its serial console since its host created the console's file.</summary>
    public static async Task<string> ConsoleAsync(LabApi tenant, string server, CancellationToken cancellationToken) =>
        (string)(await tenant.PostAsync(
            new($"{At(tenant, server)}/action"), new() { ["os-getConsoleOutput"] = new JsonObject() }, cancellationToken))["output"]!;

    private static Uri At(LabApi tenant, string server) => new(tenant.Nova, $"servers/{server}");
}
