namespace Opportunism.Clouds.Fake;

/// <summary>The cloud in memory whose guests agents run, for a site's settings.</summary>
internal sealed class FakeGuestModule : CloudModule
{
    /// <inheritdoc/>
    public override string Kind => FakeGuestCloud.CloudName;

    /// <inheritdoc/>
    public override Cloud Create(CloudOptions options, CloudServices services)
    {
        ArgumentNullException.ThrowIfNull(services);
        var cloud = new FakeGuestCloud(services.Time, services.Name);
        return new Cloud(services.Name, cloud) { Guests = cloud, Tenants = cloud };
    }
}
