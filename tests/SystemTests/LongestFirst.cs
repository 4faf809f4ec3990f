using Opportunism.SystemTests;
using Xunit;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(LongestFirst))]

namespace Opportunism.SystemTests;

/// <summary>Begins with the collections that take longest: one that begins last would keep one processor waiting for the other.</summary>
/// <remarks>
/// In the order of a whole run on two processors, as <c>artifacts/log/SystemTests.xml</c> has it; what is not named takes less.
/// </remarks>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Longest =
    [
        "a desktop with a probe",
        "a desktop with systemd",
        "WholeDesktopTests",
        "QemuRecoveryTests",
        "QemuHypervisorTests",
        "LibvirtConformanceTests",
        "QemuBusyGuestTests",
        "QemuConfinementTests",
        "QemuFullDiskTests",
        "LibvirtTrapsTests",
    ];

    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(Place).ThenBy(collection => collection.TestCollectionDisplayName, StringComparer.Ordinal)];

    private static int Place<TTestCollection>(TTestCollection collection)
        where TTestCollection : ITestCollection
    {
        var place = Array.FindIndex(Longest, name => collection.TestCollectionDisplayName.Contains(name, StringComparison.Ordinal));
        return place < 0 ? Longest.Length : place;
    }
}
