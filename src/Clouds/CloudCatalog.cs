using Opportunism.Clouds.Embedded;
using Opportunism.Clouds.Fake;

namespace Opportunism.Clouds;

/// <summary>The list of clouds. A new one is a folder beside this file and one line here.</summary>
public static class CloudCatalog
{
    /// <summary>The names that settings may hold.</summary>
    public static IReadOnlyList<string> Names { get; } = [EmbeddedCloud.CloudName, FakeCloud.CloudName];

    /// <summary>The cloud of that name.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static ICloud Create(string name, IEmbeddedStore store, TimeProvider time) => name switch
    {
        EmbeddedCloud.CloudName => new EmbeddedCloud(store, time),
        FakeCloud.CloudName => new FakeCloud(),
        _ => throw new ArgumentException($"There is no cloud '{name}'; known are {string.Join(", ", Names)}.", nameof(name)),
    };
}
