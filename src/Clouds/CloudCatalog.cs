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

    /// <summary>Adds the cloud of that name as the site's <see cref="Cloud"/>. The container must have the cloud's store and a <see cref="TimeProvider"/>.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static IServiceCollection AddCloud(this IServiceCollection services, string name, OpenStackOptions openStack) => name switch
    {
        EmbeddedCloud.CloudName => services
            .AddSingleton(parts => new EmbeddedCloud(parts.GetRequiredService<IEmbeddedStore>(), parts.GetRequiredService<TimeProvider>()))
            .AddSingleton(parts => CloudOf(name, parts.GetRequiredService<EmbeddedCloud>())),
        FakeCloud.CloudName => services.AddSingleton(new Cloud(name, new FakeCloud())),
        OpenStackCloud.CloudName => services
            .AddOpenStack(openStack)
            .AddSingleton(parts => new Cloud(name, parts.GetRequiredService<OpenStackCloud>())
            {
                Rights = parts.GetRequiredService<OpenStackRights>(),
                StartAsync = parts.GetRequiredService<OpenStackCloud>().LoadAsync,
            }),
        _ => throw new ArgumentException($"There is no cloud '{name}'; known are {string.Join(", ", Names)}.", nameof(name)),
    };

    private static Cloud CloudOf(string name, EmbeddedCloud cloud) => new(name, cloud) { Guests = cloud, Tenants = cloud, StartAsync = cloud.LoadAsync };
}
