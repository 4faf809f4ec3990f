namespace Opportunism.Clouds;

/// <summary>What a cloud can do, so that nobody has to try.</summary>
/// <param name="Evicts">It can be told to get a guest off a node.</param>
/// <param name="BringsBack">It can be told to let an evicted guest go on.</param>
/// <param name="GuestsRunByAgents">Its guests are run by our agents, which get them through their plans (<see cref="IAgentCloud"/>).</param>
public sealed record CloudCapabilities(bool Evicts, bool BringsBack, bool GuestsRunByAgents);
