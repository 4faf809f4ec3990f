using Opportunism.TestKit.Desktops;
using Xunit;

namespace Opportunism.SystemTests.Desktops;

/// <summary>One desktop with the monitors' probe for all tests that need it. Each test leaves its devices as they were.</summary>
[CollectionDefinition(Name)]
public sealed class SharedDesktop : ICollectionFixture<DesktopVm>
{
    public const string Name = "a desktop with a probe";
}
