using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Opportunism.Core;
using Opportunism.Core.Eviction;
using Opportunism.Core.Fleet;

namespace Opportunism.Clouds.OpenStack;

/// <summary>Gets servers off a node, and brings back what we evicted.</summary>
/// <remarks>Any thread; different servers at the same time. Every eviction is stored and marked before it is requested from Nova: whatever
/// happens next, it is recognized as ours.</remarks>
internal sealed partial class ServerEvictions(
    NovaApi nova, OpenStackCalls calls, EvictionMemory memory, ComputeServices services, ServerPolicies policies, TimeProvider time,
    ILogger log)
{
    // A host with room is rarely found within a minute after there was none; a server that could not be resumed needs a person.
    private static readonly Backoff ReturnRetries = new(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(15));

    // Shelved servers that a worker is bringing back: any open node's worker may, but only one at a time.
    private readonly ConcurrentDictionary<GuestId, NodeId> returning = new();

    /// <summary>Gets a server off the closed node, by its policy.</summary>
    public async Task<CloudAnswer> EvictAsync(NodeId node, GuestId guest, CancellationToken cancellationToken)
    {
        var (answer, server) = await ServerAsync(guest, cancellationToken);
        if (server is null) return answer;
        if (server.Host != services.HostOf(node)) return CloudAnswer.AlreadySo;
        var known = memory.Of(guest);
        var (state, sentence) = ServerRules.Judge(server, DoneWith(server, known), open: false);
        if (state is not CloudGuestState.Here) return CloudAnswer.AlreadySo;
        if (sentence.Length > 0) return CloudAnswer.Refused(sentence + ".");
        if (services.IsDown(node)) return Down(server);
        if (server.VmState == "shelved") return Accepted(await nova.ActAsync(server.Id!, "shelveOffload", cancellationToken));

        // A server that was brought back and runs again is a new case; so is one that its tenant started after it had left.
        if (known is { Returning: true } or { Attempts: 0 }) known = null;
        var action = NextFor(node, server, known);
        if (action is EvictionStep.Delete) return await TerminateAsync(node, guest, server, cancellationToken);

        // Stored and marked before it is requested: whatever happens next, it is recognized as ours.
        known = (known ?? new EvictedServer { Guest = guest, Node = node, Action = action, Since = time.GetUtcNow() }) with
        {
            Node = node,
            Action = action,
        };
        await memory.SaveAsync(known, cancellationToken);
        if (ServerRules.MarkOf(server) != action)
        {
            var marked = await nova.MarkAsync(server.Id!, ServerRules.EvictedKey, ServerPolicies.NameOf(action), cancellationToken);
            if (marked.Answer.Outcome is CloudOutcome.TryLater) return marked.Answer;
            if (!marked.IsDone && !memory.IsLasting)
                return CloudAnswer.Refused(
                    $"{ServerRules.Called(server)} cannot be evicted: neither the mark nor the store could be written, so it could not "
                        + $"be brought back. {marked.Answer.Sentence}");
            if (!marked.IsDone) NotMarked(guest.Value, marked.Answer.Sentence);
        }

        var accepted = Accepted(await nova.ActAsync(server.Id!, ServerRules.ActionOf(action), cancellationToken));
        if (!accepted.IsDone) return accepted;
        await memory.SaveAsync(known with { Attempts = known.Attempts + 1 }, cancellationToken);
        ServerEvicted(guest.Value, node.Value, ServerPolicies.NameOf(action));
        return CloudAnswer.Done;
    }

    /// <summary>Brings back a server that we evicted.</summary>
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

    private static CloudAnswer Down(NovaServer server) =>
        CloudAnswer.TryLater(
            $"nova-compute on {server.Host} does not report; the action is postponed until it does. See its log on the desktop.");

    private static CloudAnswer Accepted(Reply<Ignored> reply) => reply.Answer;

    /// <summary>What we did with a server; null for nothing, also once it was brought back and runs.</summary>
    public static EvictionStep? DoneWith(NovaServer server, EvictedServer? known) =>
        known is { Returning: true, Action: not EvictionStep.Shelve } && server.VmState == "active"
        ? null
        : known?.Action ?? ServerRules.MarkOf(server);

    private async Task<CloudAnswer> BringBackAsync(NodeId node, GuestId guest, NovaServer server, CancellationToken cancellationToken)
    {
        var known = memory.Of(guest);
        if ((known?.Action ?? ServerRules.MarkOf(server)) is not { } done) return CloudAnswer.AlreadySo;
        if (!string.IsNullOrEmpty(server.TaskState)) return CloudAnswer.TryLater($"{ServerRules.Called(server)} is {server.TaskState}.");
        var offHost = server.VmState is "shelved_offloaded";
        if (ServerRules.Judge(server, done, open: true).State is not CloudGuestState.Evicted
            || (server.Host != services.HostOf(node) && !offHost) || server.VmState is "active")
        {
            return await ForgetAsync(guest, server, cancellationToken);
        }

        if (known?.NotBefore > time.GetUtcNow()) return CloudAnswer.AlreadySo;

        // When it carries out the request, the owner may be back.
        if (!offHost && services.IsDown(node)) return Down(server);
        var actions = await nova.ActionsAsync(server.Id!, cancellationToken);
        if (!actions.IsDone) return actions.Answer;
        if (!ServerRules.IsNewestOurs(actions.Value!.Actions!, calls.UserId))
        {
            TenantTookOver(guest.Value, server.VmState ?? "");
            return await ForgetAsync(guest, server, cancellationToken);
        }

        known ??= new EvictedServer { Guest = guest, Node = node, Action = done, Since = time.GetUtcNow() };
        await memory.SaveAsync(known, cancellationToken);

        // The mark is removed first, while the store still has the record: once the server runs again only its tenant controls it. Nova
        // refuses changes of a shelved server's metadata.
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

    /// <summary>Removes our mark and our record of a server that its tenant controls again.</summary>
    public async Task<CloudAnswer> ForgetAsync(GuestId guest, NovaServer server, CancellationToken cancellationToken)
    {
        // Where Nova does not allow it now, the mark stays until it does: the record is removed only afterwards.
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

    /// <summary>A server by its id. When there is none the answer has the consequence: a server that is gone needs nothing.</summary>
    public async Task<(CloudAnswer Answer, NovaServer? Server)> ServerAsync(GuestId guest, CancellationToken cancellationToken)
    {
        var reply = await nova.ServerAsync(Guid.ParseExact(guest.Value, "N").ToString(), cancellationToken);
        if (reply.Status == 404)
        {
            await memory.ForgetAsync(guest, cancellationToken);
            return (CloudAnswer.AlreadySo, null);
        }

        return reply.IsDone ? (CloudAnswer.Done, reply.Value!.Server) : (reply.Answer, null);
    }

    /// <summary>What would be done with a server if it had to leave now; one that was brought back is a new case.</summary>
    public EvictionStep NextFor(NodeId node, NovaServer server, EvictedServer? known) =>
        policies.For(node, server.Metadata)
        .Next(new EvictionCase(known is { Returning: false } ? known.Attempts : 0, CanSuspend: true, HasCheckpoint: false));
}
