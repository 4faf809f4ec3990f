using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Opportunism.Clouds.OpenStack;

/// <summary>OpenStack, for a site's settings. Each cloud has its own connections, tokens and credential.</summary>
internal sealed class OpenStackModule : CloudModule
{
    /// <inheritdoc/>
    public override string Kind => OpenStackCloud.CloudName;

    /// <inheritdoc/>
    public override CloudOptions NewOptions(string section) => new OpenStackOptions(section);

    /// <inheritdoc/>
    public override IEnumerable<string> Problems(CloudOptions options)
    {
        var own = (OpenStackOptions)options;
        foreach (var problem in OpenStackOptionsValidator.Problems(own)) yield return problem;

        // The commands that serve one host name it themselves.
        if (own.Hosts.Length == 0)
            yield return $"[{own.Section}] Hosts is empty, so no host of Nova would be used; allowed are names and patterns of nodes, such "
                + "as pc-*, and pc-*=pc-*.example.org where hosts have other names.";
    }

    /// <inheritdoc/>
    public override Cloud Create(CloudOptions options, CloudServices services)
    {
        ArgumentNullException.ThrowIfNull(services);
        var parts = new ServiceCollection()
            .AddSingleton(services.Time)
            .AddSingleton(services.Logs)
            .AddSingleton(typeof(ILogger<>), typeof(Logger<>))
            .AddSingleton<IOpenStackStore>(new OpenStackRecords(services.Store))
            .AddOpenStack((OpenStackOptions)options, services.Name)
            .BuildServiceProvider();
        var cloud = parts.GetRequiredService<OpenStackCloud>();
        return new Cloud(services.Name, cloud)
        {
            Rights = parts.GetRequiredService<OpenStackRights>(),
            StartAsync = cloud.LoadAsync,
            Parts = parts,
        };
    }
}
