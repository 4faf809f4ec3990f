using Opportunism.Core;

namespace Opportunism.Clouds.OpenStack;

/// <summary>Keeps what the OpenStack cloud must not forget: which servers we evicted.</summary>
/// <remarks>A call returns once it is on disk. A store that fails throws;
/// nothing is asked of Nova that could not be written down first.</remarks>
public interface IOpenStackStore
{
    /// <summary>False while what is saved is kept in this program's memory alone: then no
    /// server is evicted that cannot be marked, because nobody would remember it.</summary>
    bool IsLasting => true;

    /// <summary>Everything remembered; called once, before the first use.</summary>
    Task<IReadOnlyList<EvictedServer>> LoadAsync(CancellationToken cancellationToken);

    /// <summary>Remembers a server, or what is new about it.</summary>
    Task SaveAsync(EvictedServer server, CancellationToken cancellationToken);

    /// <summary>Forgets a server; one that is not remembered is no fault.</summary>
    Task ForgetAsync(GuestId guest, CancellationToken cancellationToken);
}
