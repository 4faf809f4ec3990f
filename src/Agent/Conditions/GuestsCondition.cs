using Opportunism.Hypervisors;

namespace Opportunism.Agent.Conditions;

/// <summary>Holds while every guest of this machine can be frozen for the owner at once. Always enabled; no setting turns it off.</summary>
internal sealed class GuestsCondition(IMachineGuests guests) : ICondition
{
    public string Name => "guests";

    public bool Holds { get; private set; }

    public string Sentence => guests.Unprotected?.Sentence ?? "every guest can be frozen for the owner at once";

    public string Remedy => guests.Unprotected?.Remedy ?? "";

    public void Sample(long now) => Holds = guests.Unprotected is null;
}
