using Opportunism.Core;

namespace Opportunism.Clouds.OpenStack;

/// <summary>Stores which servers the OpenStack cloud evicted.</summary>
/// <remarks>A call returns once the change is on disk. A store that fails throws; nothing is requested from Nova that could not be stored
/// first.</remarks>
public interface IOpenStackStore
{
    /// <summary>False while the records are only in this program's memory: then no server is evicted that cannot be marked, because the
    /// eviction would be unknown after a restart.</summary>
    bool IsLasting => true;

    /// <summary>Every record; called once, before the first use.</summary>
    Task<IReadOnlyList<EvictedServer>> LoadAsync(CancellationToken cancellationToken);

    /// <summary>Adds or replaces the record of a server.</summary>
    Task SaveAsync(EvictedServer server, CancellationToken cancellationToken);

    /// <summary>Removes the record of a server; a server without a record is no error.</summary>
    Task ForgetAsync(GuestId guest, CancellationToken cancellationToken);
}
