namespace Opportunism.Clouds.Fake;

/// <summary>The cloud that lives in memory, as a site's settings name it.</summary>
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
