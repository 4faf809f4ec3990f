using System.Text.Json;
using System.Text.Json.Serialization;
using Opportunism.Contracts.Api;
using Opportunism.Contracts.Local;

namespace Opportunism.Cli.Terminal;

/// <summary>JSON types that only the command line has.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true)]
[JsonSerializable(typeof(BothStatus))]
[JsonSerializable(typeof(BothTokens))]
internal sealed partial class CliJson : JsonSerializerContext;

/// <summary>The output of <c>status --json</c>: the desktop's agent and the site, each null when there is none.</summary>
internal sealed record BothStatus(LocalStatus? Agent, SiteStatus? Site);

/// <summary>The output of <c>token list --json</c>.</summary>
internal sealed record BothTokens(IReadOnlyList<JoinTokenView> Join, IReadOnlyList<PersonTokenView> People);
