namespace Opportunism.Clouds.Embedded;

/// <summary>The cloud without OpenStack, for a site's settings.</summary>
internal sealed class EmbeddedModule : CloudModule
{
    /// <inheritdoc/>
    public override string Kind => EmbeddedCloud.CloudName;

    /// <inheritdoc/>
    public override Cloud Create(CloudOptions options, CloudServices services)
    {
        ArgumentNullException.ThrowIfNull(services);
        var cloud = new EmbeddedCloud(services.Store, services.Time, services.Name);
        return new Cloud(services.Name, cloud) { Guests = cloud, Tenants = cloud, StartAsync = cloud.LoadAsync };
    }
}
