using Opportunism.Clouds.Embedded;
using Opportunism.Clouds.Fake;
using Opportunism.Clouds.OpenStack;

namespace Opportunism.Clouds;

/// <summary>The list of kinds of clouds. A new one is a folder beside this file and one line here.</summary>
public static class CloudCatalog
{
    /// <summary>Every kind, ordered by name.</summary>
    public static IReadOnlyList<CloudModule> All { get; } =
        [new EmbeddedModule(), new FakeModule(), new FakeGuestModule(), new OpenStackModule()];

    /// <summary>The names that settings may contain, separated by commas.</summary>
    public static string Kinds => string.Join(", ", All.Select(module => module.Kind));

    /// <summary>The kind with that name, ignoring case; null when there is none.</summary>
    public static CloudModule? Find(string kind) =>
        All.FirstOrDefault(module => module.Kind.Equals(kind, StringComparison.OrdinalIgnoreCase));
}
