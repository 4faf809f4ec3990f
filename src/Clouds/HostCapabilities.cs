namespace Opportunism.Clouds;

/// <summary>How the hosts of a cloud behave; does not change while the program runs.</summary>
/// <param name="BuildsAppearLate">A guest whose build was under way when its host
/// was closed is on no list of the host before the host has begun with it.</param>
public sealed record HostCapabilities(bool BuildsAppearLate);
