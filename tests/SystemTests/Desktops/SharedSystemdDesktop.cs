using System.Runtime.Versioning;
using Opportunism.TestKit.Desktops;
using Xunit;

namespace Opportunism.SystemTests.Desktops;

/// <summary>One desktop with systemd for all tests that need it: its boot takes a minute. Each test leaves the node Available.</summary>
[CollectionDefinition(Name)]
[SupportedOSPlatform("linux")]
public sealed class SharedSystemdDesktop : ICollectionFixture<SystemdDesktopSite>
{
    public const string Name = "a desktop with systemd";
}
