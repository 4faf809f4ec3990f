using System.Text.Json.Serialization;

namespace Opportunism.Workshop.Try;

/// <summary>What was seen and measured on one day; printed by <c>try --json</c>. The names never change.</summary>
internal sealed record DayResult
{
    public bool Ok { get; init; }

    public string? Error { get; init; }

    public required IReadOnlyList<DayStep> Steps { get; init; }

    public double? FreezeMs { get; init; }

    public double? LeakedCpuMs { get; init; }

    public double? ThawMs { get; init; }

    public double? HoldMs { get; init; }

    public long? MemoryReturnedMib { get; init; }

    public double? MemoryReturnedMs { get; init; }

    public double? ResumeMs { get; init; }

    public int? TicksBefore { get; init; }

    public int? TicksAfter { get; init; }

    public int? GuestsLeft { get; init; }
}

/// <summary>One step that was seen to happen.</summary>
/// <param name="Name">What happened.</param>
/// <param name="Ms">How long it took, in ms, including waiting times of the rules.</param>
internal sealed record DayStep(string Name, double Ms);

/// <summary>The JSON serialization of a day.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(DayResult))]
internal sealed partial class DayJson : JsonSerializerContext;
