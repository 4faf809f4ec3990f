using System.Runtime.Versioning;
using System.Text.Json.Nodes;

namespace Opportunism.Workshop.Lab;

/// <summary>Reads and changes the compute hosts of a lab with the same calls as <c>openstack compute service</c>, as a user with the right
/// to.</summary>
[SupportedOSPlatform("linux")]
internal static class LabHosts
{
    /// <summary>The compute service of every host.</summary>
    public static Task<IReadOnlyList<JsonNode>> AllAsync(LabApi admin, CancellationToken cancellationToken) =>
        ListAsync(admin, "", cancellationToken);

    /// <summary>The compute service of one host, which must exist.</summary>
    public static async Task<JsonNode> OneAsync(LabApi admin, string host, CancellationToken cancellationToken) =>
        (await ListAsync(admin, $"&host={host}", cancellationToken)).Single();

    /// <summary>Enables or disables a compute service.</summary>
    public static Task SetEnabledAsync(LabApi admin, JsonNode service, bool enabled, CancellationToken cancellationToken) =>
        admin.PutAsync(
            new(admin.Nova, $"os-services/{service["id"]}"), new() { ["status"] = enabled ? "enabled" : "disabled" }, cancellationToken);

    private static async Task<IReadOnlyList<JsonNode>> ListAsync(LabApi admin, string filter, CancellationToken cancellationToken) =>
        [
            .. (await admin.GetAsync(new(admin.Nova, "os-services?binary=nova-compute" + filter), cancellationToken))["services"]!.AsArray()
                .OfType<JsonNode>()];
}
