using Opportunism.Core.Health;

namespace Opportunism.Agent.Monitors;

/// <summary>What a monitor can see.</summary>
/// <param name="Sources">Devices, displays or sessions it watches; 0 means that there is nothing of its kind here, which alone does not
/// make it blind.</param>
/// <param name="Blind">True when there is something it should watch and cannot: the owner counts as present.</param>
/// <param name="Sentence">What it sees, for a person.</param>
/// <param name="Health">Problems, each with a remedy.</param>
public sealed record MonitorStatus(int Sources, bool Blind, string Sentence, IReadOnlyList<HealthItem> Health)
{
    /// <summary>Those of <see cref="Sources"/> that show that a person may sit at this machine: all except those that a server without a
    /// seat has too, such as a power button.</summary>
    public int OfSeat { get; init; } = Sources;

    /// <summary>Before the first check of a monitor.</summary>
    public static MonitorStatus NotYet { get; } = new(0, Blind: true, "has not looked yet", []);
}
