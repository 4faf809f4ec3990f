using Microsoft.Extensions.DependencyInjection;
using Opportunism.Clouds.Embedded;
using Opportunism.Clouds.Fake;
using Opportunism.Clouds.OpenStack;

namespace Opportunism.Clouds;

/// <summary>The list of clouds. A new one is a folder beside this file and one line here.</summary>
public static class CloudCatalog
{
    /// <summary>The names that settings may hold.</summary>
    public static IReadOnlyList<string> Names { get; } = [EmbeddedCloud.CloudName, FakeCloud.CloudName, OpenStackCloud.CloudName];

    /// <summary>Adds the cloud of that name as the site's <see cref="ICloud"/>. The container must have the cloud's store and a <see cref="TimeProvider"/>.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static IServiceCollection AddCloud(this IServiceCollection services, string name, OpenStackOptions openStack) => name switch
    {
        EmbeddedCloud.CloudName => services.AddSingleton<ICloud>(parts => new EmbeddedCloud(parts.GetRequiredService<IEmbeddedStore>(), parts.GetRequiredService<TimeProvider>())),
        FakeCloud.CloudName => services.AddSingleton<ICloud>(new FakeCloud()),
        OpenStackCloud.CloudName => services.AddOpenStack(openStack).AddSingleton<ICloud>(parts => parts.GetRequiredService<OpenStackCloud>()),
        _ => throw new ArgumentException($"There is no cloud '{name}'; known are {string.Join(", ", Names)}.", nameof(name)),
    };
}
