using Microsoft.Extensions.Logging;

namespace Opportunism.Hypervisors;

/// <summary>One hypervisor: its name in settings, the settings that only it has, and how this machine's guests are found by it. Listed in
/// <see cref="HypervisorCatalog"/>.</summary>
public abstract class HypervisorModule
{
    /// <summary>Its name in settings; never changes.</summary>
    public abstract string Name { get; }

    /// <summary>False where this operating system has no such hypervisor.</summary>
    public virtual bool IsForThisSystem => OperatingSystem.IsLinux();

    /// <summary>The settings that only this hypervisor has, with their defaults.</summary>
    public virtual HypervisorOptions NewOptions() => new();

    /// <summary>Every reason why its own settings cannot be used, each naming section, key, value and what is allowed.</summary>
    /// <param name="options">The result of <see cref="NewOptions"/>, with the values of the settings file.</param>
    public virtual IEnumerable<string> Problems(HypervisorOptions options) => [];

    /// <summary>Finds the guests of this machine: an <see cref="IHypervisor"/> where the
    /// agent starts them itself. Called once, with options that have no problems.</summary>
    /// <exception cref="IOException">Guests cannot be frozen on this machine; the message says what to do.</exception>
    public abstract IMachineGuests Make(HypervisorOptions options, HypervisorSettings settings, TimeProvider time, ILoggerFactory logs);
}
