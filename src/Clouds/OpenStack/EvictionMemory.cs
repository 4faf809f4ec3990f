using System.Collections.Concurrent;
using Opportunism.Core;

namespace Opportunism.Clouds.OpenStack;

/// <summary>The servers that we evicted, in memory and in the store. Any thread; the record of one server is changed by one worker at a
/// time.</summary>
internal sealed class EvictionMemory(IOpenStackStore store)
{
    private readonly ConcurrentDictionary<GuestId, EvictedServer> servers = new();

    /// <summary>False while the records are lost when this program ends.</summary>
    public bool IsLasting => store.IsLasting;

    /// <summary>Every record.</summary>
    public IEnumerable<EvictedServer> All => servers.Values;

    /// <summary>Loads the stored records; called once, before the first use.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        foreach (var server in await store.LoadAsync(cancellationToken)) servers[server.Guest] = server;
    }

    /// <summary>The record of a server; null for none.</summary>
    public EvictedServer? Of(GuestId guest) => servers.GetValueOrDefault(guest);

    /// <summary>Adds or replaces a record; it is stored before it becomes visible.</summary>
    public async Task SaveAsync(EvictedServer server, CancellationToken cancellationToken)
    {
        await store.SaveAsync(server, cancellationToken);
        servers[server.Guest] = server;
    }

    /// <summary>Removes a record.</summary>
    public async Task ForgetAsync(GuestId guest, CancellationToken cancellationToken)
    {
        if (!servers.ContainsKey(guest)) return;
        await store.ForgetAsync(guest, cancellationToken);
        servers.TryRemove(guest, out _);
    }
}
