using Opportunism.Core;

namespace Opportunism.Agent.Guests;

/// <summary>Carries the guests of this node through what the deciding thread decides, and reports about them.</summary>
internal interface IGuestKeeper
{
    /// <summary>What is reported about guests; a newer one whenever something has changed.</summary>
    Level<GuestsReport> Reports { get; }

    /// <summary>Finds guests that are here already; none runs afterwards. Called once, before the deciding thread starts.</summary>
    Task PrepareAsync(CancellationToken cancellationToken);

    /// <summary>Keeps guests until cancelled; leaves them then as they are.</summary>
    Task RunAsync(CancellationToken cancellationToken);
}
