using System.Collections.Concurrent;
using Opportunism.Core;
using Opportunism.Core.Fleet;

namespace Opportunism.Clouds.Fake;

/// <summary>A cloud in memory: for tests and for trying a controller without guests. Can be set to be slow, to fail, and to report success
/// without acting.</summary>
/// <param name="name">Its name in its site.</param>
public sealed class FakeCloud(string name = FakeCloud.CloudName) : IHostCloud
{
    /// <summary>The kind's name in settings.</summary>
    public const string CloudName = "fake";

    private readonly ConcurrentDictionary<NodeId, Host> hosts = new();

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public HostCapabilities Capabilities { get; } = new(BuildsAppearLate: true);

    /// <summary>What every call returns instead of doing anything; null to do it.</summary>
    public CloudAnswer? Fault { get; set; }

    /// <summary>What every call about a guest returns instead of doing anything; null to do it.</summary>
    public CloudAnswer? GuestFault { get; set; }

    /// <summary>Waited for before every call; null for no wait.</summary>
    public Func<CancellationToken, Task>? Delay { get; set; }

    /// <summary>True to return Done without doing anything, like a cloud whose queue was lost.</summary>
    public bool Lies { get; set; }

    /// <summary>Every call that was made, in order, such as <c>close pc-1</c>.</summary>
    public ConcurrentQueue<string> Calls { get; } = new();

    /// <summary>Puts a guest on a node, as a tenant would.</summary>
    public void Put(NodeId node, GuestId guest, CloudGuestState state) => Put(node, new CloudGuest(guest, state));

    /// <summary>The same, with every property that the cloud shows of it.</summary>
    public void Put(NodeId node, CloudGuest guest) => HostOf(node).Guests[guest.Id] = guest;

    /// <summary>Takes a guest off a node.</summary>
    public void Remove(NodeId node, GuestId guest) => HostOf(node).Guests.TryRemove(guest, out _);

    /// <inheritdoc/>
    public async Task<CloudSight> LookAsync(NodeId node, CancellationToken cancellationToken)
    {
        if (Delay is { } delay) await delay(cancellationToken);
        if (Fault is { } fault) return new(fault, null);
        var host = HostOf(node);
        return new(CloudAnswer.Done, new CloudHost(host.Open, [.. host.Guests.Values]));
    }

    /// <inheritdoc/>
    public Task<CloudAnswer> OpenAsync(NodeId node, CancellationToken cancellationToken) =>
        DoAsync($"open {node}", () => Swap(node, true), cancellationToken);

    /// <inheritdoc/>
    public Task<CloudAnswer> CloseAsync(NodeId node, string reason, CancellationToken cancellationToken) =>
        DoAsync($"close {node}", () => Swap(node, false), cancellationToken);

    /// <inheritdoc/>
    public Task<CloudAnswer> EvictAsync(NodeId node, GuestId guest, CancellationToken cancellationToken) =>
        DoAsync(
            $"evict {node} {guest}", () => GuestFault ?? Move(node, guest, CloudGuestState.Here, CloudGuestState.Evicted),
            cancellationToken);

    /// <inheritdoc/>
    public Task<CloudAnswer> BringBackAsync(NodeId node, GuestId guest, CancellationToken cancellationToken) =>
        DoAsync(
            $"bring back {node} {guest}", () => GuestFault ?? Move(node, guest, CloudGuestState.Evicted, CloudGuestState.Here),
            cancellationToken);

    /// <inheritdoc/>
    public Task<CloudAnswer> SettleAsync(NodeId node, HostTarget target, CancellationToken cancellationToken) =>
        DoAsync($"settle {node}", () => CloudAnswer.AlreadySo, cancellationToken);

    private async Task<CloudAnswer> DoAsync(string call, Func<CloudAnswer> act, CancellationToken cancellationToken)
    {
        if (Delay is { } delay) await delay(cancellationToken);
        Calls.Enqueue(call);
        if (Fault is { } fault) return fault;
        return Lies ? CloudAnswer.Done : act();
    }

    private CloudAnswer Swap(NodeId node, bool open)
    {
        var host = HostOf(node);
        if (host.Open == open) return CloudAnswer.AlreadySo;
        host.Open = open;
        return CloudAnswer.Done;
    }

    private CloudAnswer Move(NodeId node, GuestId guest, CloudGuestState from, CloudGuestState to) =>
        HostOf(node).Guests.TryGetValue(guest, out var known) && known.State == from
            && HostOf(node).Guests.TryUpdate(guest, known with { State = to }, known)
            ? CloudAnswer.Done
            : CloudAnswer.AlreadySo;

    private Host HostOf(NodeId node) => hosts.GetOrAdd(node, _ => new Host());

    private sealed class Host
    {
        public bool Open { get; set; }

        public ConcurrentDictionary<GuestId, CloudGuest> Guests { get; } = new();
    }
}
