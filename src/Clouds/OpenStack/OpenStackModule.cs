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
    public override IEnumerable<string> Problems(CloudOptions options) => OpenStackOptionsValidator.Problems((OpenStackOptions)options);

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
