using System.Text.Json.Serialization;

namespace Opportunism.Contracts.Api;

/// <summary>Asks for a join token.</summary>
public sealed record NewJoinToken
{
    /// <summary>Largest <see cref="Uses"/> and <see cref="ValidForMinutes"/> (30 days).</summary>
    public const int MostUses = 10_000, MostMinutes = 43_200;

    /// <summary>How many nodes may enrol with it, 1 to 10000.</summary>
    public int Uses { get; init; } = 1;

    /// <summary>How long it may be used, in minutes: 1 to 43200 (30 days).</summary>
    public int ValidForMinutes { get; init; } = 60;

    /// <summary>What it is for; at most 200 characters.</summary>
    public string Note { get; init; } = "";

    /// <summary>Names of the nodes that may enrol with it, separated by commas; one may end in <c>*</c>. A node that has a name given here
    /// in full is replaced. Null for any name that no node has.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Names { get; init; }

    /// <summary>Name of the cloud that its nodes belong to; null for the one that the site's settings give them.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Cloud { get; init; }
}
