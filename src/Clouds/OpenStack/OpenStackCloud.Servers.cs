using System.Collections.Concurrent;
using System.Globalization;
using Opportunism.Core;
using Opportunism.Core.Eviction;
using Opportunism.Core.Fleet;

namespace Opportunism.Clouds.OpenStack;

/// <content>Servers: getting them off a node, and bringing back what we evicted.</content>
public sealed partial class OpenStackCloud
{
    // A host with room is rarely found within a minute of none; a server that could not be resumed needs a person.
    private static readonly Backoff ReturnRetries = new(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(15));

    // The longest that Nova needs is a suspend, which writes the server's memory to the host's disk: 60 GB at 100 MB/s.
    private static readonly TimeSpan LongestLeaving = TimeSpan.FromMinutes(10);

    // Shelved servers that a worker is bringing back: any open node's worker may, but only one at a time.
    private readonly ConcurrentDictionary<GuestId, NodeId> returning = new();

    private bool adopted;

    /// <inheritdoc/>
    public async Task<CloudAnswer> EvictAsync(NodeId node, GuestId guest, CancellationToken cancellationToken)
    {
        var (answer, server) = await ServerAsync(guest, cancellationToken);
        if (server is null) return answer;
        if (server.Host != HostOf(node)) return CloudAnswer.AlreadySo;
        var known = memory.Of(guest);
        var (state, sentence) = ServerRules.Judge(server, DoneWith(server, known), open: false);
        if (state is not CloudGuestState.Here) return CloudAnswer.AlreadySo;
        if (sentence.Length > 0) return Refused(sentence + ".");
        if (silent.GetValueOrDefault(node)) return Silent(server);
        if (server.VmState == "shelved") return Accepted(await nova.ActAsync(server.Id!, "shelveOffload", cancellationToken));

        // What was brought back and runs again is a new case, and what had left and runs again through its tenant.
        if (known is { Returning: true } or { Attempts: 0 }) known = null;
        var action = NextFor(node, server, known);
        if (action is EvictionStep.Delete) return await TerminateAsync(node, guest, server, cancellationToken);

        // Written down and marked before it is asked for: whatever happens next, it is known to be ours.
        known = (known ?? new EvictedServer { Guest = guest, Node = node, Action = action, Since = time.GetUtcNow() }) with { Node = node, Action = action };
        await memory.SaveAsync(known, cancellationToken);
        if (ServerRules.MarkOf(server) != action)
        {
            var marked = await nova.MarkAsync(server.Id!, ServerRules.EvictedKey, ServerPolicies.NameOf(action), cancellationToken);
            if (marked.Answer.Outcome is CloudOutcome.TryLater) return marked.Answer;
            if (!marked.IsDone && !memory.IsLasting) return Refused($"{ServerRules.Called(server)} cannot be evicted: neither the mark nor the store could be written, so it could not be brought back. {marked.Answer.Sentence}");
            if (!marked.IsDone) NotMarked(guest.Value, marked.Answer.Sentence);
        }

        var accepted = Accepted(await nova.ActAsync(server.Id!, ServerRules.ActionOf(action), cancellationToken));
        if (!accepted.IsDone) return accepted;
        await memory.SaveAsync(known with { Attempts = known.Attempts + 1 }, cancellationToken);
        ServerEvicted(guest.Value, node.Value, ServerPolicies.NameOf(action));
        return CloudAnswer.Done;
    }

    /// <inheritdoc/>
    public async Task<CloudAnswer> BringBackAsync(NodeId node, GuestId guest, CancellationToken cancellationToken)
    {
        if (!returning.TryAdd(guest, node)) return CloudAnswer.AlreadySo;
        try
        {
            var (answer, server) = await ServerAsync(guest, cancellationToken);
            if (server is null) return answer;
            return await BringBackAsync(node, guest, server, cancellationToken);
        }
        finally
        {
            returning.TryRemove(guest, out _);
        }
    }

    private static CloudAnswer Silent(NovaServer server) => TryLater($"nova-compute on {server.Host} is down; action postponed until it reports. See its log on the desktop.");

    private static CloudAnswer Accepted(Reply<Ignored> reply) => reply.Answer;

    private static EvictionStep? DoneWith(NovaServer server, EvictedServer? known) => known is { Returning: true, Action: not EvictionStep.Shelve } && server.VmState == "active" ? null : known?.Action ?? ServerRules.MarkOf(server);

    private async Task<CloudAnswer> BringBackAsync(NodeId node, GuestId guest, NovaServer server, CancellationToken cancellationToken)
    {
        var known = memory.Of(guest);
        if ((known?.Action ?? ServerRules.MarkOf(server)) is not { } done) return CloudAnswer.AlreadySo;
        if (!string.IsNullOrEmpty(server.TaskState)) return TryLater($"{ServerRules.Called(server)} is {server.TaskState}.");
        var offHost = server.VmState is "shelved_offloaded";
        if (ServerRules.Judge(server, done, open: true).State is not CloudGuestState.Evicted || (server.Host != HostOf(node) && !offHost) || server.VmState is "active")
        {
            return await LetGoAsync(guest, server, cancellationToken);
        }

        if (known?.NotBefore > time.GetUtcNow()) return CloudAnswer.AlreadySo;

        // By the time it would do it, the owner may be back.
        if (!offHost && silent.GetValueOrDefault(node)) return Silent(server);
        var actions = await nova.ActionsAsync(server.Id!, cancellationToken);
        if (!actions.IsDone) return actions.Answer;
        if (!ServerRules.IsNewestOurs(actions.Value!.Actions!, calls.UserId))
        {
            TenantTookOver(guest.Value, server.VmState ?? "");
            return await LetGoAsync(guest, server, cancellationToken);
        }

        known ??= new EvictedServer { Guest = guest, Node = node, Action = done, Since = time.GetUtcNow() };
        await memory.SaveAsync(known, cancellationToken);

        // The mark goes first, while the store still knows: once it runs again it is its tenant's. Nova keeps the metadata of a shelved server from everybody.
        if (done is not EvictionStep.Shelve)
        {
            var unmarked = await UnmarkAsync(server, cancellationToken);
            if (!unmarked.IsDone) return unmarked;
        }

        var accepted = Accepted(await nova.ActAsync(server.Id!, ServerRules.ReturnOf(done), cancellationToken));
        if (!accepted.IsDone) return accepted;
        known = known with { Returning = true, Returns = known.Returns + 1 };
        await memory.SaveAsync(known with { NotBefore = time.GetUtcNow() + ReturnRetries.After(known.Returns) }, cancellationToken);
        ServerBroughtBack(guest.Value, node.Value, ServerRules.ReturnOf(done));
        return CloudAnswer.Done;
    }

    private async Task<CloudAnswer> TerminateAsync(NodeId node, GuestId guest, NovaServer server, CancellationToken cancellationToken)
    {
        var reply = await nova.DeleteAsync(server.Id!, cancellationToken);
        if (reply.Status != 404 && !reply.IsDone) return reply.Answer;
        await memory.ForgetAsync(guest, cancellationToken);
        ServerEvicted(guest.Value, node.Value, ServerPolicies.NameOf(EvictionStep.Delete));
        return CloudAnswer.Done;
    }

    /// <summary>Takes our mark off a server that is its tenant's again, and forgets it.</summary>
    private async Task<CloudAnswer> LetGoAsync(GuestId guest, NovaServer server, CancellationToken cancellationToken)
    {
        // Where Nova does not allow it now, the mark stays until it does: the store forgets only after.
        if (ServerRules.MarkOf(server) is not null && ServerRules.CanBeMarked(server))
        {
            var unmarked = await UnmarkAsync(server, cancellationToken);
            if (!unmarked.IsDone) return unmarked;
        }

        await memory.ForgetAsync(guest, cancellationToken);
        return CloudAnswer.AlreadySo;
    }

    private async Task<CloudAnswer> UnmarkAsync(NovaServer server, CancellationToken cancellationToken)
    {
        if (!server.Metadata.ContainsKey(ServerRules.EvictedKey)) return CloudAnswer.AlreadySo;
        var reply = await nova.UnmarkAsync(server.Id!, ServerRules.EvictedKey, cancellationToken);
        return reply.Status == 404 ? CloudAnswer.AlreadySo : reply.Answer;
    }

    /// <summary>A server by its id. Without one the answer says what that means: one that is gone needs nothing.</summary>
    private async Task<(CloudAnswer Answer, NovaServer? Server)> ServerAsync(GuestId guest, CancellationToken cancellationToken)
    {
        var reply = await nova.ServerAsync(Guid.ParseExact(guest.Value, "N").ToString(), cancellationToken);
        if (reply.Status == 404)
        {
            await memory.ForgetAsync(guest, cancellationToken);
            return (CloudAnswer.AlreadySo, null);
        }

        return reply.IsDone ? (CloudAnswer.Done, reply.Value!.Server) : (reply.Answer, null);
    }

    private async Task<IReadOnlyList<CloudGuest>> GuestsAsync(NodeId node, IReadOnlyList<NovaServer> servers, bool open, CancellationToken cancellationToken)
    {
        var guests = new List<CloudGuest>();
        var seen = new HashSet<GuestId>();
        foreach (var server in servers)
        {
            if (!Guid.TryParse(server.Id, out var id) || server.VmState is "deleted") continue;
            var guest = GuestId.Parse(id.ToString("N"));
            seen.Add(guest);
            var known = memory.Of(guest);

            // It runs again: brought back. What its tenant does from now on is the tenant's.
            if (known is { Returning: true, Action: not EvictionStep.Shelve } && server is { VmState: "active", TaskState: null or "" })
            {
                await memory.ForgetAsync(guest, cancellationToken);
                known = null;
            }

            // Marked but not remembered: by a controller whose store is lost. It is taken up while it can be seen here; once shelved it is on no host.
            if (known is null && ServerRules.MarkOf(server) is { } done and not EvictionStep.Delete)
            {
                await memory.SaveAsync(known = new EvictedServer { Guest = guest, Node = node, Action = done, Since = time.GetUtcNow() }, cancellationToken);
            }

            var (state, sentence) = ServerRules.Judge(server, DoneWith(server, known), open);

            // What was asked for has come about: a later eviction of the same server begins to count anew.
            if (state is CloudGuestState.Evicted && known is { Attempts: > 0, Returning: false } && server.VmState != "active") await memory.SaveAsync(known = known with { Attempts = 0 }, cancellationToken);
            var standing = known is null ? new(guest, state, sentence) : Standing(guest, state, sentence, server, known);
            guests.Add(standing with { MustRun = MustRun(node, server, known), Paused = server is { VmState: "paused", TaskState: null or "" } });
        }

        await AddElsewhereAsync(node, guests, seen, open, cancellationToken);
        return guests;
    }

    /// <summary>True while Nova waits for it to run or to shut down, or would if it were to leave.</summary>
    private bool MustRun(NodeId node, NovaServer server, EvictedServer? known) => ServerRules.IsWaitedFor(server)
        || (server is { VmState: "active", TaskState: null or "" } && NextFor(node, server, known) is EvictionStep.ShutDown or EvictionStep.Shelve);

    /// <summary>What would be done with a server that were to leave now; one that was brought back is a new case.</summary>
    private EvictionStep NextFor(NodeId node, NovaServer server, EvictedServer? known) => policies.For(node, server.Metadata).Next(new EvictionCase(known is { Returning: false } ? known.Attempts : 0, CanSuspend: true, HasCheckpoint: false));

    /// <summary>How a server stands that we have asked something of, with what to do where that does not come about.</summary>
    private CloudGuest Standing(GuestId guest, CloudGuestState state, string sentence, NovaServer server, EvictedServer known)
    {
        if (!known.Returning)
        {
            var lost = state is CloudGuestState.Busy && known.Attempts > 0 && known.Since + LongestLeaving < time.GetUtcNow();
            return new(guest, state, lost ? $"{sentence} since {known.Since:u}: if nova-compute's log on {server.Host} says nothing of it, the request was lost; `openstack server set --state active {server.Id}` lets it be asked again" : sentence);
        }

        var overdue = known.NotBefore < time.GetUtcNow();
        if (state is CloudGuestState.Busy && overdue) return new(guest, state, $"{sentence} for more than a minute: on {server.Host} resume it in libvirt (virsh list --all), or `openstack server set --state active {server.Id}` once it runs");
        if (state is not CloudGuestState.Evicted || server.VmState == "active") return new(guest, state, sentence);
        var tried = string.Create(CultureInfo.InvariantCulture, $"{ServerRules.Called(server)} was brought back {known.Returns} times and is still {server.VmState}: see `openstack server event list {server.Id}`; it is tried again");
        return new(guest, overdue ? state : CloudGuestState.Leaving, tried);
    }

    /// <summary>Takes up servers that we shelved and do not remember, once after each start: they are on no host, so no look at a node shows them.</summary>
    private async Task AdoptAsync(NodeId node, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref adopted)) return;
        var shelved = await nova.ShelvedAsync(cancellationToken);
        if (!shelved.IsDone) return;
        foreach (var server in shelved.Value!.Servers!.Where(server => server.VmState == "shelved_offloaded" && ServerRules.MarkOf(server) is EvictionStep.Shelve))
        {
            if (!Guid.TryParse(server.Id, out var id)) continue;
            var guest = GuestId.Parse(id.ToString("N"));
            if (memory.Of(guest) is not null) continue;
            await memory.SaveAsync(new EvictedServer { Guest = guest, Node = node, Action = EvictionStep.Shelve, Since = time.GetUtcNow() }, cancellationToken);
        }

        Volatile.Write(ref adopted, true);
    }

    /// <summary>Adds servers that we shelved: they wait for any open node, and forgets those that left this node in other ways.</summary>
    private async Task AddElsewhereAsync(NodeId node, List<CloudGuest> guests, HashSet<GuestId> seen, bool open, CancellationToken cancellationToken)
    {
        if (open) await AdoptAsync(node, cancellationToken);
        var now = time.GetUtcNow();
        foreach (var known in memory.All.Where(known => !seen.Contains(known.Guest)).ToList())
        {
            if (known.Action is EvictionStep.Shelve)
            {
                if (open && !(known.NotBefore > now)) guests.Add(new(known.Guest, CloudGuestState.Evicted));
                else if (known.Node == node && known.Returns > 0 && await FoundNoRoomAsync(known.Guest, cancellationToken)) guests.Add(new(known.Guest, CloudGuestState.Leaving, $"server {Guid.ParseExact(known.Guest.Value, "N")} is shelved and waits for a host with room"));
                continue;
            }

            if (known.Node != node) continue;

            // It is no longer on its node: deleted, or moved by somebody, who then also looks after it.
            var (_, server) = await ServerAsync(known.Guest, cancellationToken);
            if (server is { TaskState: null or "" } && server.Host != HostOf(node)) await LetGoAsync(known.Guest, server, cancellationToken);
        }
    }

    /// <summary>True when a shelved server that was asked to return has not: not one that is on its way, or there.</summary>
    private async Task<bool> FoundNoRoomAsync(GuestId guest, CancellationToken cancellationToken) =>
        (await ServerAsync(guest, cancellationToken)).Server is { VmState: "shelved_offloaded", TaskState: null or "" };
}
