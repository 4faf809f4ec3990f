namespace Opportunism.Agent.Availability;

/// <summary>The last freeze.</summary>
/// <param name="At">When, wall clock.</param>
/// <param name="Guests">Guests in memory then.</param>
/// <param name="Result">How they were frozen.</param>
internal sealed record FreezeRecord(DateTimeOffset At, int Guests, BrakeResult Result);
