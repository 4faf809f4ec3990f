using Opportunism.Core.Fleet;

namespace Opportunism.Clouds;

/// <summary>The result of reading a node in its cloud.</summary>
/// <param name="Answer">How the reading ended.</param>
/// <param name="Host">The node as the cloud shows it; null unless the reading was done.</param>
public readonly record struct CloudSight(CloudAnswer Answer, CloudHost? Host);
