using System.Text.Json;
using System.Text.Json.Serialization;

namespace Opportunism.Clouds.OpenStack;

// The part of the responses of Keystone, Nova and Neutron that is read. The names are those of their APIs.
internal sealed record TokenReply(TokenContent? Token);

internal sealed record TokenContent(
    DateTimeOffset ExpiresAt, DateTimeOffset IssuedAt, TokenUser? User, TokenProject? Project, IReadOnlyList<CatalogService>? Catalog);

internal sealed record TokenUser(string? Id);

internal sealed record TokenProject(string? Id);

internal sealed record CatalogService(string? Type, IReadOnlyList<CatalogEndpoint>? Endpoints);

internal sealed record CatalogEndpoint(string? Interface, string? RegionId, string? Region, string? Url);

internal sealed record VersionReply(VersionContent? Version);

internal sealed record VersionContent(string? Version, string? MinVersion);

internal sealed record ServicesReply(IReadOnlyList<NovaService>? Services);

internal sealed record ServiceReply(NovaService? Service);

internal sealed record NovaService(
    string? Id, string? Host, string? Status, string? State, string? DisabledReason, bool ForcedDown, string? UpdatedAt = null)
{
    /// <summary>The beginning of the reason of every service that we disabled; a reason without it is an operator's.</summary>
    public const string Mark = "opportunism: ";

    public bool IsEnabled => Status == "enabled";

    public bool IsOurs => !IsEnabled && DisabledReason?.StartsWith(Mark, StringComparison.Ordinal) is true;

    public bool IsUp => State == "up";

    /// <summary>True when it has reported to Nova since <paramref name="then"/>, or Nova does not show when it did.</summary>
    public bool HasReportedSince(NovaService then) => UpdatedAt is null || UpdatedAt != then.UpdatedAt;
}

internal sealed record ServersReply(IReadOnlyList<NovaServer>? Servers);

internal sealed record ServerReply(NovaServer? Server);

internal sealed record NovaFault(string? Message);

internal sealed record NovaServer
{
    public string? Id { get; init; }

    public string? Name { get; init; }

    [JsonPropertyName("OS-EXT-SRV-ATTR:host")]
    public string? Host { get; init; }

    [JsonPropertyName("OS-EXT-STS:vm_state")]
    public string? VmState { get; init; }

    [JsonPropertyName("OS-EXT-STS:task_state")]
    public string? TaskState { get; init; }

    public string? TenantId { get; init; }

    public NovaFault? Fault { get; init; }

    // Set, not init: generated code overwrites the default of an init property that is missing.
    public IReadOnlyDictionary<string, string> Metadata { get; set; } = new Dictionary<string, string>();
}

internal sealed record ActionsReply([property: JsonPropertyName("instanceActions")] IReadOnlyList<NovaAction>? Actions);

internal sealed record NovaAction(string? Action, string? UserId);

internal sealed record AgentsReply(IReadOnlyList<NeutronAgent>? Agents);

internal sealed record AgentReply(NeutronAgent? Agent);

internal sealed record NeutronAgent(string? Id, string? Host, string? Binary, bool AdminStateUp, string? Description)
{
    public bool IsOurs => !AdminStateUp && Description?.StartsWith(NovaService.Mark, StringComparison.Ordinal) is true;
}

/// <summary>For responses whose content is not read.</summary>
internal sealed record Ignored;

internal sealed record ServiceChange(string? Status = null, string? DisabledReason = null, bool? ForcedDown = null);

internal sealed record AgentChangeRequest(AgentChange Agent);

internal sealed record AgentChange(bool AdminStateUp, string? Description);

internal sealed record MetadataRequest(IReadOnlyDictionary<string, string> Metadata);

/// <summary>The JSON serialization of these types; generated at build time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TokenReply))]
[JsonSerializable(typeof(VersionReply))]
[JsonSerializable(typeof(ServicesReply))]
[JsonSerializable(typeof(ServiceReply))]
[JsonSerializable(typeof(ServersReply))]
[JsonSerializable(typeof(ServerReply))]
[JsonSerializable(typeof(ActionsReply))]
[JsonSerializable(typeof(AgentsReply))]
[JsonSerializable(typeof(AgentReply))]
[JsonSerializable(typeof(Ignored))]
[JsonSerializable(typeof(ServiceChange))]
[JsonSerializable(typeof(AgentChangeRequest))]
[JsonSerializable(typeof(MetadataRequest))]
[JsonSerializable(typeof(JsonDocument))]
internal sealed partial class WireJson : JsonSerializerContext;
