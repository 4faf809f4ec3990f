using System.Globalization;
using Opportunism.Core;
using Opportunism.Core.Eviction;
using Opportunism.Core.Fleet;

namespace Opportunism.Clouds.OpenStack;

/// <summary>The state of a node's servers, from Nova's data and our records of them.</summary>
internal sealed class ServerList(
    NovaApi nova, EvictionMemory memory, ComputeServices services, ServerEvictions evictions, TimeProvider time)
{
    // The longest that Nova needs is a suspend, which writes the server's memory to the host's disk: 60 GB at 100 MB/s.
    private static readonly TimeSpan LongestLeaving = TimeSpan.FromMinutes(10);

    private bool adopted;

    /// <summary>Every server of a reading with its state, and those that we shelved and that wait for a node.</summary>
    public async Task<IReadOnlyList<CloudGuest>> GuestsAsync(
        NodeId node, IReadOnlyList<NovaServer> servers, bool open, CancellationToken cancellationToken)
    {
        var guests = new List<CloudGuest>();
        var seen = new HashSet<GuestId>();
        foreach (var server in servers)
        {
            if (!Guid.TryParse(server.Id, out var id) || server.VmState is "deleted") continue;
            var guest = GuestId.Parse(id.ToString("N"));
            seen.Add(guest);
            var known = memory.Of(guest);

            // It runs again: brought back. From now on its tenant controls it.
            if (known is { Returning: true, Action: not EvictionStep.Shelve } && server is { VmState: "active", TaskState: null or "" })
            {
                await memory.ForgetAsync(guest, cancellationToken);
                known = null;
            }

            // Marked but without a record: evicted by a controller whose store is lost. The record is restored while the server is listed
            // here; once shelved it is on no host.
            if (known is null && ServerRules.MarkOf(server) is { } done and not EvictionStep.Delete)
            {
                await memory.SaveAsync(
                    known = new EvictedServer { Guest = guest, Node = node, Action = done, Since = time.GetUtcNow() }, cancellationToken);
            }

            var (state, sentence) = ServerRules.Judge(server, ServerEvictions.DoneWith(server, known), open);

            // The request has been carried out: a later eviction of the same server starts its counters again.
            if (state is CloudGuestState.Evicted && known is { Attempts: > 0, Returning: false } && server.VmState != "active")
                await memory.SaveAsync(known = known with { Attempts = 0 }, cancellationToken);
            var standing = known is null ? new(guest, state, sentence) : Standing(guest, state, sentence, server, known);
            guests.Add(
                standing with { MustRun = MustRun(node, server, known), Paused = server is { VmState: "paused", TaskState: null or "" } });
        }

        await AddElsewhereAsync(node, guests, seen, open, cancellationToken);
        return guests;
    }

    /// <summary>True while Nova waits for it to run or to shut down, or would wait if it had to leave.</summary>
    private bool MustRun(NodeId node, NovaServer server, EvictedServer? known) => ServerRules.IsWaitedFor(server)
        || (
            server is { VmState: "active", TaskState: null or "" }
                && evictions.NextFor(node, server, known) is EvictionStep.ShutDown or EvictionStep.Shelve);

    /// <summary>The state of a server for which we requested something, with what to do when that does not happen.</summary>
    private CloudGuest Standing(GuestId guest, CloudGuestState state, string sentence, NovaServer server, EvictedServer known)
    {
        if (!known.Returning)
        {
            var lost = state is CloudGuestState.Busy && known.Attempts > 0 && known.Since + LongestLeaving < time.GetUtcNow();
            return new(
                guest, state,
                lost
                ? $"{sentence} since {known.Since:u}: if nova-compute's log on {server.Host} says nothing of it, the request was lost; "
                + $"`openstack server set --state active {server.Id}` lets it be asked again"
                : sentence);
        }

        var overdue = known.NotBefore < time.GetUtcNow();
        if (state is CloudGuestState.Busy && overdue)
            return new(
                guest, state,
                $"{sentence} for more than a minute: on {server.Host} resume it in libvirt (virsh list --all), or `openstack server set "
                + $"--state active {server.Id}` once it runs");
        if (state is not CloudGuestState.Evicted || server.VmState == "active") return new(guest, state, sentence);
        var tried = string.Create(
            CultureInfo.InvariantCulture,
            $"{ServerRules.Called(server)} was brought back {known.Returns} times and is still {server.VmState}: see `openstack server "
            + $"event list {server.Id}`; it is tried again");
        return new(guest, overdue ? state : CloudGuestState.Leaving, tried);
    }

    /// <summary>Restores records of servers that we shelved and have no record of, once after each start: they are on no host, so no
    /// reading of a node shows them.</summary>
    private async Task AdoptAsync(NodeId node, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref adopted)) return;
        var shelved = await nova.ShelvedAsync(cancellationToken);
        if (!shelved.IsDone) return;
        foreach (var server in shelved.Value!.Servers!.Where(
            server => server.VmState == "shelved_offloaded" && ServerRules.MarkOf(server) is EvictionStep.Shelve))
        {
            if (!Guid.TryParse(server.Id, out var id)) continue;
            var guest = GuestId.Parse(id.ToString("N"));
            if (memory.Of(guest) is not null) continue;
            await memory.SaveAsync(
                new EvictedServer { Guest = guest, Node = node, Action = EvictionStep.Shelve, Since = time.GetUtcNow() },
                cancellationToken);
        }

        Volatile.Write(ref adopted, true);
    }

    /// <summary>Adds servers that we shelved, which wait for any open node, and removes records of those that left this node in other
    /// ways.</summary>
    private async Task AddElsewhereAsync(
        NodeId node, List<CloudGuest> guests, HashSet<GuestId> seen, bool open, CancellationToken cancellationToken)
    {
        if (open) await AdoptAsync(node, cancellationToken);
        var now = time.GetUtcNow();
        foreach (var known in memory.All.Where(known => !seen.Contains(known.Guest)).ToList())
        {
            if (known.Action is EvictionStep.Shelve)
            {
                if (open && !(known.NotBefore > now)) guests.Add(new(known.Guest, CloudGuestState.Evicted));
                else if (known.Node == node && known.Returns > 0 && await FoundNoRoomAsync(known.Guest, cancellationToken))
                    guests.Add(
                        new(
                            known.Guest, CloudGuestState.Leaving,
                            $"server {Guid.ParseExact(known.Guest.Value, "N")} is shelved and waits for a host with room"));
                continue;
            }

            if (known.Node != node) continue;

            // It is no longer on its node: deleted, or moved by another user, who is then responsible for it.
            var (_, server) = await evictions.ServerAsync(known.Guest, cancellationToken);
            if (server is { TaskState: null or "" } && server.Host != services.HostOf(node))
                await evictions.ForgetAsync(known.Guest, server, cancellationToken);
        }
    }

    /// <summary>True when a shelved server that was requested to return has not: neither on its way nor there.</summary>
    private async Task<bool> FoundNoRoomAsync(GuestId guest, CancellationToken cancellationToken) =>
        (await evictions.ServerAsync(guest, cancellationToken)).Server is { VmState: "shelved_offloaded", TaskState: null or "" };
}
