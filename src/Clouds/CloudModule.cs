using Microsoft.Extensions.Logging;

namespace Opportunism.Clouds;

/// <summary>One kind of cloud: its name in settings, its settings, and how a cloud of that kind is created. Listed in
/// <see cref="CloudCatalog"/>.</summary>
public abstract class CloudModule
{
    /// <summary>The kind's name in settings; never changes.</summary>
    public abstract string Kind { get; }

    /// <summary>Settings with their defaults.</summary>
    /// <param name="section">The section of the settings file that holds them.</param>
    public virtual CloudOptions NewOptions(string section) => new(section);

    /// <summary>Every reason why settings cannot be used, each naming section, key, value and what is allowed.</summary>
    /// <param name="options">The result of <see cref="NewOptions"/>, with the values of the settings file.</param>
    public virtual IEnumerable<string> Problems(CloudOptions options) => [];

    /// <summary>Creates a cloud from validated settings. Sends nothing to the cloud itself yet.</summary>
    public abstract Cloud Create(CloudOptions options, CloudServices services);
}

/// <summary>What a site gives to each of its clouds.</summary>
/// <param name="Name">The cloud's name in this site: in settings, logs, the API and the store.</param>
/// <param name="Store">Where the cloud keeps what must survive a restart; used by this cloud only.</param>
/// <param name="Time">The clock.</param>
/// <param name="Logs">Creates its loggers.</param>
public sealed record CloudServices(string Name, ICloudStore Store, TimeProvider Time, ILoggerFactory Logs);
