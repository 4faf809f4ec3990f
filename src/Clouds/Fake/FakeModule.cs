namespace Opportunism.Clouds.Fake;

/// <summary>The cloud in memory, for a site's settings.</summary>
internal sealed class FakeModule : CloudModule
{
    /// <inheritdoc/>
    public override string Kind => FakeCloud.CloudName;

    /// <inheritdoc/>
    public override Cloud Create(CloudOptions options, CloudServices services)
    {
        ArgumentNullException.ThrowIfNull(services);
        return new Cloud(services.Name, new FakeCloud(services.Name));
    }
}
