using System.Text.Json;
using System.Text.Json.Serialization;
using Opportunism.Contracts.Api;
using Opportunism.Contracts.Local;

namespace Opportunism.Cli.Terminal;

/// <summary>JSON that only the command line makes.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true)]
[JsonSerializable(typeof(BothStatus))]
[JsonSerializable(typeof(BothTokens))]
internal sealed partial class CliJson : JsonSerializerContext;

/// <summary>What <c>status --json</c> prints: the desktop's agent and the site, each null when there is none.</summary>
internal sealed record BothStatus(LocalStatus? Agent, SiteStatus? Site);

/// <summary>What <c>token list --json</c> prints.</summary>
internal sealed record BothTokens(IReadOnlyList<JoinTokenView> Join, IReadOnlyList<PersonTokenView> People);
