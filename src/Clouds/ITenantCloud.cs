using Opportunism.Core;

namespace Opportunism.Clouds;

/// <summary>The role of a cloud in which the site creates VMs on behalf of tenants.</summary>
/// <remarks>Any thread. What can happen in a normal week is a
/// <see cref="TenantAnswer"/>. A request is stored before it is answered.</remarks>
public interface ITenantCloud
{
    /// <summary>The policies that a VM may have.</summary>
    Core.Eviction.PolicySet Policies { get; }

    /// <summary>Every VM, those that ended lately too.</summary>
    ValueTask<IReadOnlyList<TenantVm>> ListAsync(CancellationToken cancellationToken);

    /// <summary>The VM of that id, those that ended lately too; else the one
    /// of that name that has not ended; null when there is none.</summary>
    ValueTask<TenantVm?> FindAsync(string idOrName, CancellationToken cancellationToken);

    /// <summary>Takes on a new VM and places it if it can. Refused with every problem at once.</summary>
    Task<TenantAnswer> CreateAsync(NewTenantVm vm, CancellationToken cancellationToken);

    /// <summary>Wants a VM on.</summary>
    Task<TenantAnswer> StartAsync(GuestId id, CancellationToken cancellationToken);

    /// <summary>Wants a VM off, its disk kept.</summary>
    Task<TenantAnswer> StopAsync(GuestId id, CancellationToken cancellationToken);

    /// <summary>Wants a VM gone.</summary>
    Task<TenantAnswer> DeleteAsync(GuestId id, CancellationToken cancellationToken);

    /// <summary>Every VM as it is now, then each that changes, as it is when it is read, until cancelled.</summary>
    IAsyncEnumerable<TenantVm> WatchAsync(CancellationToken cancellationToken);
}
