using Opportunism.Core;

namespace Opportunism.Clouds;

/// <summary>The role of a cloud in which the site creates VMs on behalf of tenants.</summary>
/// <remarks>Any thread. What can happen in a normal week is a <see cref="TenantAnswer"/>. A request is stored before its answer is
/// returned.</remarks>
public interface ITenantCloud
{
    /// <summary>The policies that a VM may have.</summary>
    Core.Eviction.PolicySet Policies { get; }

    /// <summary>Every VM, including recently ended ones.</summary>
    ValueTask<IReadOnlyList<TenantVm>> ListAsync(CancellationToken cancellationToken);

    /// <summary>The VM with that id, including recently ended ones; else the one with that name that has not ended; null when there is
    /// none.</summary>
    ValueTask<TenantVm?> FindAsync(string idOrName, CancellationToken cancellationToken);

    /// <summary>Creates a VM and places it if it can. Refused with every problem at once.</summary>
    Task<TenantAnswer> CreateAsync(NewTenantVm vm, CancellationToken cancellationToken);

    /// <summary>Starts a VM.</summary>
    Task<TenantAnswer> StartAsync(GuestId id, CancellationToken cancellationToken);

    /// <summary>Stops a VM and keeps its disk.</summary>
    Task<TenantAnswer> StopAsync(GuestId id, CancellationToken cancellationToken);

    /// <summary>Deletes a VM.</summary>
    Task<TenantAnswer> DeleteAsync(GuestId id, CancellationToken cancellationToken);

    /// <summary>Every VM as it is now, then each changed VM in its state when it is read, until cancelled.</summary>
    IAsyncEnumerable<TenantVm> WatchAsync(CancellationToken cancellationToken);
}
