using System.Runtime.Versioning;
using Microsoft.Extensions.Logging;
using Opportunism.Core;
using Opportunism.Hypervisors.Cgroups;

namespace Opportunism.Hypervisors.Libvirt;

/// <summary>What every operation on a domain needs of its machine.</summary>
[SupportedOSPlatform("linux")]
internal sealed class LibvirtHost(
    LibvirtSettings settings, GuestCgroups cgroups, LibvirtFreezer freezer, HeldDomains held, LibvirtConnection connection,
    TimeProvider time, ILogger log, Action onChanged)
{
    public LibvirtSettings Settings => settings;

    public GuestCgroups Cgroups => cgroups;

    public LibvirtFreezer Freezer => freezer;

    public HeldDomains Held => held;

    public LibvirtConnection Connection => connection;

    public TimeProvider Time => time;

    public ILogger Log => log;

    /// <summary>Guards the domains and the record of them. No thread waits for libvirt while it has this lock, and the deciding thread
    /// never takes it.</summary>
    public Lock Gate { get; } = new();

    /// <summary>Every domain with a process, by id.</summary>
    public Dictionary<GuestId, Domain> Domains { get; } = [];

    /// <summary>Publishes what has changed. Not to be called with <see cref="Gate"/> held.</summary>
    public void Changed() => onChanged();

    /// <summary>Freezes or thaws one domain separately.</summary>
    public void AloneLocked(Domain domain, bool frozen)
    {
        if (domain.FrozenAlone == frozen) return;
        cgroups.FreezeChild(domain.Id, frozen);
        domain.FrozenAlone = frozen;
    }
}
