using Opportunism.Core;

namespace Opportunism.Agent.Guests;

/// <summary>Brings the guests of this node in line with what the deciding thread decides, and reports about them.</summary>
internal interface IGuestKeeper
{
    /// <summary>The report about guests; replaced whenever something has changed.</summary>
    Level<GuestsReport> Reports { get; }

    /// <summary>Finds existing guests; none runs afterwards. Called once, before the deciding thread starts.</summary>
    Task PrepareAsync(CancellationToken cancellationToken);

    /// <summary>Runs until cancelled; then leaves the guests as they are.</summary>
    Task RunAsync(CancellationToken cancellationToken);
}
