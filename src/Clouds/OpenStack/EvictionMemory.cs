using System.Collections.Concurrent;
using Opportunism.Core;

namespace Opportunism.Clouds.OpenStack;

/// <summary>What we evicted, in memory and in the store. Any thread; what is
/// remembered of one server is changed by one worker at a time.</summary>
internal sealed class EvictionMemory(IOpenStackStore store)
{
    private readonly ConcurrentDictionary<GuestId, EvictedServer> servers = new();

    /// <summary>False while what is remembered ends with this program.</summary>
    public bool IsLasting => store.IsLasting;

    /// <summary>Everything remembered.</summary>
    public IEnumerable<EvictedServer> All => servers.Values;

    /// <summary>Takes up what is stored; called once, before the first use.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        foreach (var server in await store.LoadAsync(cancellationToken)) servers[server.Guest] = server;
    }

    /// <summary>What is remembered of a server; null for nothing.</summary>
    public EvictedServer? Of(GuestId guest) => servers.GetValueOrDefault(guest);

    /// <summary>Remembers; stored before anyone sees it.</summary>
    public async Task SaveAsync(EvictedServer server, CancellationToken cancellationToken)
    {
        await store.SaveAsync(server, cancellationToken);
        servers[server.Guest] = server;
    }

    /// <summary>Forgets.</summary>
    public async Task ForgetAsync(GuestId guest, CancellationToken cancellationToken)
    {
        if (!servers.ContainsKey(guest)) return;
        await store.ForgetAsync(guest, cancellationToken);
        servers.TryRemove(guest, out _);
    }
}
