using System.Collections.Immutable;
using Opportunism.Core;
using Opportunism.Core.Eviction;
using Opportunism.Core.Fleet;
using Opportunism.Core.Guests;

namespace Opportunism.Clouds.Embedded;

/// <summary>A cloud without OpenStack: keeps VMs, queues them, places them on open nodes and supplies the guests of each node's
/// plan.</summary>
/// <remarks>Any thread. One change at a time: made on a <see cref="Draft"/>, saved, then published whole, so that readers never wait and
/// never see a partial change.</remarks>
/// <param name="store">Where it keeps its VMs.</param>
/// <param name="time">The clock.</param>
/// <param name="name">Its name in its site.</param>
public sealed partial class EmbeddedCloud(ICloudStore store, TimeProvider time, string name = EmbeddedCloud.CloudName)
    : IHostCloud, IGuestSource, ITenantCloud, IDisposable
{
    /// <summary>The kind's name in settings.</summary>
    public const string CloudName = "embedded";

    /// <summary>How long a VM that ended is still shown.</summary>
    // Long enough for a person who looks for it after a break.
    public static readonly TimeSpan KeepEnded = TimeSpan.FromHours(12);

    /// <summary>The policies that this cloud can carry out.</summary>
    public static readonly PolicySet Offered = new(EvictionPolicies.Suspend, EvictionPolicies.Relocate, EvictionPolicies.Terminate);

    private readonly EmbeddedRecords records = new(store);
    private readonly SemaphoreSlim gate = new(1, 1);
    private ImmutableDictionary<NodeId, NodeObservation> nodes = ImmutableDictionary<NodeId, NodeObservation>.Empty;
    private EmbeddedState state = EmbeddedState.Empty;

    /// <inheritdoc/>
    public event Action<NodeId>? AssignmentsChanged;

    /// <inheritdoc/>
    public event Action<GuestChange>? GuestChanged;

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public HostCapabilities Capabilities { get; } = new(BuildsAppearLate: false);

    /// <summary>Every VM; never blocks.</summary>
    public IEnumerable<Vm> Vms => Volatile.Read(ref state).Vms.Values;

    /// <summary>Loads the stored state. Called once, before anything else.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        var loaded = await records.LoadAsync(cancellationToken);
        var newest = loaded.Vms.Values.Select(vm => vm.Revision).Concat(loaded.Leftovers.Select(old => old.Revision)).Append(0).Max();
        Volatile.Write(ref state, loaded with { Revision = newest + 1 });
    }

    /// <inheritdoc/>
    public Task<CloudSight> LookAsync(NodeId node, CancellationToken cancellationToken)
    {
        var seen = Volatile.Read(ref state);
        var revoked = Volatile.Read(ref nodes).GetValueOrDefault(node) is { Revoked: true };
        var guests = seen.Vms.Values.Where(vm => vm.Node == node)
            .Select(vm => new CloudGuest(vm.Id, revoked ? CloudGuestState.Resting : VmRules.HostStateOf(vm)));
        return Task.FromResult(
            new CloudSight(CloudAnswer.Done, new CloudHost(seen.Hosts.GetValueOrDefault(node) is { Open: true }, [.. guests])));
    }

    /// <inheritdoc/>
    public Task<CloudAnswer> OpenAsync(NodeId node, CancellationToken cancellationToken) => SetOpenAsync(node, true, cancellationToken);

    /// <inheritdoc/>
    public Task<CloudAnswer> CloseAsync(NodeId node, string reason, CancellationToken cancellationToken) =>
        SetOpenAsync(node, false, cancellationToken);

    /// <inheritdoc/>
    public Task<CloudAnswer> EvictAsync(NodeId node, GuestId guest, CancellationToken cancellationToken) => ChangeAsync(
        draft =>
        {
            if (draft.Find(guest) is not { } vm || vm.Node != node || VmRules.HostStateOf(vm) is not CloudGuestState.Here)
                return CloudAnswer.AlreadySo;
            if (!vm.StartedHere) draft.Leave(vm, VmRules.OffItsNode(vm, draft.Now) with { Queued = vm.Queued }, mayRun: true);
            else if (vm.Policy.Keeps is Kept.Nothing)
                draft.Put(vm with { Terminating = true, Generation = vm.Generation + 1, Revision = draft.Revision });
            else draft.Put(vm with { Moving = true, Generation = vm.Generation + 1, Revision = draft.Revision });
            return CloudAnswer.Done;
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task<CloudAnswer> BringBackAsync(NodeId node, GuestId guest, CancellationToken cancellationToken) =>
        Task.FromResult(CloudAnswer.AlreadySo);

    /// <inheritdoc/>
    public Task<CloudAnswer> SettleAsync(NodeId node, HostTarget target, CancellationToken cancellationToken) =>
        Task.FromResult(CloudAnswer.AlreadySo);

    /// <inheritdoc/>
    public Task ObserveAsync(NodeObservation node, CancellationToken cancellationToken) => ChangeAsync(
        draft =>
        {
            draft.Observe(node);
            return true;
        },
        cancellationToken);

    /// <inheritdoc/>
    public Assignments AssignmentsFor(NodeId node)
    {
        var seen = Volatile.Read(ref state);
        var guests = seen.Vms.Values.Where(vm => vm.Node == node).Select(vm => new GuestAssignment
        {
            Spec = vm.Spec,
            Wish = vm.Wish,
            Generation = vm.Generation,
            Policy = vm.Policy,
            ImageBytes = vm.ImageBytes,
            DiskSha256 = vm.DiskSha256,
            DiskBytes = vm.DiskBytes,
        });
        var gone = seen.Leftovers.Where(old => old.Node == node)
            .Select(
                old => new GuestAssignment
                {
                    Spec = old.Spec,
                    Wish = GuestWish.Gone,
                    Generation = old.Generation,
                    Policy = EvictionPolicies.Terminate,
                });
        return new(seen.Revision, [.. guests.Concat(gone).OrderBy(guest => guest.Spec.Id.Value, StringComparer.Ordinal)]);
    }

    /// <inheritdoc/>
    public NodeId? NodeOf(GuestId guest) => Volatile.Read(ref state).Vms.GetValueOrDefault(guest)?.Node;

    /// <inheritdoc/>
    public string? NameOf(GuestId guest) => Volatile.Read(ref state).Vms.GetValueOrDefault(guest)?.Spec.Name;

    /// <inheritdoc/>
    public ContentInUse InUse()
    {
        var vms = Vms.Where(vm => vm.End is VmEnd.None).ToList();
        return new(
            vms.CountBy(vm => vm.Spec.ImageSha256).ToDictionary(),
            vms.SelectMany(vm => DisksOf(vm).Select(sha256 => new GuestDisk(vm.Id, sha256))).ToHashSet(),
            vms.Select(vm => vm.Id).ToHashSet());
    }

    /// <inheritdoc/>
    public IReadOnlySet<string> DisksOf(GuestId guest) =>
        Volatile.Read(ref state).Vms.GetValueOrDefault(guest) is { End: VmEnd.None } vm ? DisksOf(vm).ToHashSet() : new HashSet<string>();

    /// <inheritdoc/>
    public IReadOnlyDictionary<VmStatus, int> CountByStatus() =>
        Vms.Where(vm => vm.End is not VmEnd.Deleted).CountBy(vm => vm.Status).ToDictionary();

    /// <inheritdoc/>
    public void Dispose() => gate.Dispose();

    // The disk that its node has handed over, and the one that it starts from until it has started.
    private static IEnumerable<string> DisksOf(Vm vm) =>
        new[] { vm.StoredSha256, vm.StartedHere ? "" : vm.DiskSha256 }.Where(sha256 => sha256.Length > 0);

    private Task<CloudAnswer> SetOpenAsync(NodeId node, bool open, CancellationToken cancellationToken) => ChangeAsync(
        draft =>
        {
            if (draft.IsOpen(node) == open) return CloudAnswer.AlreadySo;
            draft.Put(new EmbeddedHost(node, open));
            return CloudAnswer.Done;
        },
        cancellationToken);

    /// <summary>Makes one change: draft, save, publish, raise events. When saving fails nothing has changed.</summary>
    private async Task<T> ChangeAsync<T>(Func<Draft, T> change, CancellationToken cancellationToken)
    {
        EmbeddedState before;
        EmbeddedState after;
        T result;
        await gate.WaitAsync(cancellationToken);
        try
        {
            before = state;
            var draft = new Draft(before, nodes, time.GetUtcNow());
            result = change(draft);
            after = draft.Finish(KeepEnded);
            if (Difference(before, after) is { } difference) await records.SaveAsync(difference, cancellationToken);
            Volatile.Write(ref nodes, draft.Nodes);
            Volatile.Write(ref state, after);
        }
        finally
        {
            gate.Release();
        }

        RaiseChanges(before, after);
        return result;
    }

    // A disk stops being used only when the VM has started elsewhere or ended: one that is being stored now is not in the record yet.
    private static GuestChange ChangeOf(Vm? old, Vm vm) => new(
        vm.Id, vm.Spec.Name, vm.Node, old?.Status, vm.Status, vm.Why, Ended: vm.End is not VmEnd.None, FreesDisks: old is not null
            && (old.StartedHere != vm.StartedHere || old.End != vm.End));

    private static Vm Stored(Vm vm) => vm with { Seen = null };

    private static EmbeddedChange? Difference(EmbeddedState before, EmbeddedState after)
    {
        var change = new EmbeddedChange
        {
            Vms = [
                .. after.Vms.Values.Where(
                    vm => before.Vms.GetValueOrDefault(vm.Id) is not { } old || (!ReferenceEquals(old, vm) && Stored(old) != Stored(vm)))],
            ForgottenVms = [.. before.Vms.Keys.Where(id => !after.Vms.ContainsKey(id))],
            Hosts = [.. after.Hosts.Values.Where(host => before.Hosts.GetValueOrDefault(host.Node) != host)],
            Leftovers = [.. after.Leftovers.Where(old => !before.Leftovers.Contains(old))],
            ClearedLeftovers = [.. before.Leftovers.Where(old => !after.Leftovers.Contains(old))],
        };
        return change is { Vms.Count: 0, ForgottenVms.Count: 0, Hosts.Count: 0, Leftovers.Count: 0, ClearedLeftovers.Count: 0 }
            ? null
            : change;
    }

    private void RaiseChanges(EmbeddedState before, EmbeddedState after)
    {
        var touched = new HashSet<NodeId>();
        foreach (var vm in after.Vms.Values)
        {
            var old = before.Vms.GetValueOrDefault(vm.Id);
            if (ReferenceEquals(old, vm)) continue;
            if (old?.Node is { } left) touched.Add(left);
            if (vm.Node is { } on) touched.Add(on);
            if (old is null || old != vm) GuestChanged?.Invoke(ChangeOf(old, vm));
        }

        touched.UnionWith(before.Leftovers.Concat(after.Leftovers).Select(old => old.Node));
        foreach (var node in touched) AssignmentsChanged?.Invoke(node);
    }
}
