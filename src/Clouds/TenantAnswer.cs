using Opportunism.Core;

namespace Opportunism.Clouds;

/// <summary>A cloud's answer to a tenant.</summary>
/// <param name="Answer">How the request ended.</param>
/// <param name="Vm">The VM it is about; null when refused.</param>
public readonly record struct TenantAnswer(CloudAnswer Answer, GuestId? Vm);
