using Opportunism.Core.Fleet;

namespace Opportunism.Clouds;

/// <summary>What a look at a node in its cloud brought.</summary>
/// <param name="Answer">How the look went.</param>
/// <param name="Host">The node as the cloud shows it; null unless the look was done.</param>
public readonly record struct CloudSight(CloudAnswer Answer, CloudHost? Host);
