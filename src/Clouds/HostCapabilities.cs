namespace Opportunism.Clouds;

/// <summary>Properties of a cloud's hosts; does not change while the program runs.</summary>
/// <param name="BuildsAppearLate">True when a guest whose build was under way as its host was closed is missing from the host's list until
/// the host starts the build.</param>
public sealed record HostCapabilities(bool BuildsAppearLate);
