using System.Collections.Concurrent;
using Opportunism.Clouds.OpenStack;
using Opportunism.Core;

namespace Opportunism.TestKit.OpenStack;

/// <summary>An OpenStack cloud's store in memory, which can be made to fail.</summary>
public sealed class MemoryOpenStackStore : IOpenStackStore
{
    private readonly ConcurrentDictionary<GuestId, EvictedServer> servers = new();

    /// <summary>True to fail every change.</summary>
    public bool Broken { get; set; }

    /// <summary>Its records.</summary>
    public IReadOnlyCollection<EvictedServer> Servers => [.. servers.Values];

    public Task<IReadOnlyList<EvictedServer>> LoadAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<EvictedServer>>([.. servers.Values]);

    public Task SaveAsync(EvictedServer server, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(server);
        if (Broken) throw new IOException("The store is broken.");
        servers[server.Guest] = server;
        return Task.CompletedTask;
    }

    public Task ForgetAsync(GuestId guest, CancellationToken cancellationToken)
    {
        if (Broken) throw new IOException("The store is broken.");
        servers.TryRemove(guest, out _);
        return Task.CompletedTask;
    }

    /// <summary>Deletes everything, as when a controller is installed again.</summary>
    public void Clear() => servers.Clear();
}
