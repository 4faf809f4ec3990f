using Opportunism.Core;
using Opportunism.Core.Availability;
using Opportunism.Core.Eviction;
using Opportunism.Core.Fleet;
using Opportunism.Core.Guests;

namespace Opportunism.Clouds.Fake;

/// <summary>A cloud in memory whose guests agents run: a VM goes to the first open node, without a check for free resources. For tests and
/// for trying a controller.</summary>
/// <remarks>Any thread. Has only the policy <c>terminate</c>: a VM is deleted when its node's owner stays.</remarks>
/// <param name="time">The clock.</param>
/// <param name="name">Its name in its site.</param>
public sealed class FakeGuestCloud(TimeProvider time, string name = FakeGuestCloud.CloudName) : IHostCloud, IGuestSource, ITenantCloud
{
    /// <summary>The kind's name in settings.</summary>
    public const string CloudName = "fake-guests";

    private readonly Lock gate = new();
    private readonly Dictionary<GuestId, Entry> entries = [];
    private readonly Dictionary<NodeId, NodeObservation> nodes = [];
    private readonly HashSet<NodeId> open = [];
    private long revision = 1;

    /// <inheritdoc/>
    public event Action<NodeId>? AssignmentsChanged;

    /// <inheritdoc/>
    public event Action<GuestChange>? GuestChanged;

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public HostCapabilities Capabilities { get; } = new(BuildsAppearLate: false);

    /// <inheritdoc/>
    public PolicySet Policies { get; } = new(EvictionPolicies.Terminate);

    /// <inheritdoc/>
    public Task<CloudSight> LookAsync(NodeId node, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            var guests = entries.Values.Where(entry => entry.Vm.Node == node).Select(entry => new CloudGuest(entry.Vm.Id, StateOf(entry)));
            return Task.FromResult(new CloudSight(CloudAnswer.Done, new CloudHost(open.Contains(node), [.. guests])));
        }
    }

    /// <inheritdoc/>
    public Task<CloudAnswer> OpenAsync(NodeId node, CancellationToken cancellationToken) =>
        Change(() => open.Add(node) ? CloudAnswer.Done : CloudAnswer.AlreadySo);

    /// <inheritdoc/>
    public Task<CloudAnswer> CloseAsync(NodeId node, string reason, CancellationToken cancellationToken) =>
        Change(() => open.Remove(node) ? CloudAnswer.Done : CloudAnswer.AlreadySo);

    /// <inheritdoc/>
    public Task<CloudAnswer> EvictAsync(NodeId node, GuestId guest, CancellationToken cancellationToken) => Change(() =>
    {
        if (entries.GetValueOrDefault(guest) is not { } entry || entry.Vm.Node != node || StateOf(entry) is not CloudGuestState.Here)
            return CloudAnswer.AlreadySo;
        Put(entry with { Wish = GuestWish.Gone, IsEvicted = true });
        return CloudAnswer.Done;
    });

    /// <inheritdoc/>
    public Task<CloudAnswer> BringBackAsync(NodeId node, GuestId guest, CancellationToken cancellationToken) =>
        Task.FromResult(CloudAnswer.AlreadySo);

    /// <inheritdoc/>
    public Task<CloudAnswer> SettleAsync(NodeId node, HostTarget target, CancellationToken cancellationToken) =>
        Task.FromResult(CloudAnswer.AlreadySo);

    /// <inheritdoc/>
    public Task ObserveAsync(NodeObservation node, CancellationToken cancellationToken) => Change(() =>
    {
        ArgumentNullException.ThrowIfNull(node);
        nodes[node.Node] = node;
        foreach (var entry in entries.Values.Where(entry => entry.Vm.Node == node.Node).ToList())
        {
            var seen = node.Guests.FirstOrDefault(guest => guest.Id == entry.Vm.Id);
            if (entry.Wish is GuestWish.Gone && seen is null && node.Revision >= entry.Revision) End(entry);
            else if (entry.Vm.Seen != seen) Show(entry with { Vm = entry.Vm with { Seen = seen, Status = StatusOf(entry.Wish, seen) } });
        }

        return true;
    });

    /// <inheritdoc/>
    public Assignments AssignmentsFor(NodeId node)
    {
        lock (gate)
        {
            var guests = entries.Values.Where(entry => entry.Vm.Node == node).OrderBy(entry => entry.Vm.Id.Value, StringComparer.Ordinal);
            return new(revision, [.. guests.Select(entry => new GuestAssignment
            {
                Spec = entry.Vm.Spec,
                Wish = entry.Wish,
                Generation = entry.Generation,
                Policy = EvictionPolicies.Terminate,
                ImageBytes = entry.ImageBytes,
            })]);
        }
    }

    /// <inheritdoc/>
    public NodeId? NodeOf(GuestId guest) => Find(guest)?.Node;

    /// <inheritdoc/>
    public string? NameOf(GuestId guest) => Find(guest)?.Spec.Name;

    /// <inheritdoc/>
    public ContentInUse InUse()
    {
        lock (gate)
        {
            var living = entries.Values.Where(entry => !entry.HasEnded).ToList();
            return new(
                living.CountBy(entry => entry.Vm.Spec.ImageSha256).ToDictionary(), new HashSet<GuestDisk>(),
                living.Select(entry => entry.Vm.Id).ToHashSet());
        }
    }

    /// <inheritdoc/>
    public IReadOnlySet<string> DisksOf(GuestId guest) => new HashSet<string>();

    /// <inheritdoc/>
    public IReadOnlyDictionary<VmStatus, int> CountByStatus()
    {
        lock (gate) return entries.Values.Where(entry => !entry.Vm.IsDeleted).CountBy(entry => entry.Vm.Status).ToDictionary();
    }

    /// <inheritdoc/>
    public bool MayHandOver(NodeId node, GuestId id) => false;

    /// <inheritdoc/>
    public Task<bool> DiskStoredAsync(NodeId node, GuestId id, string sha256, long bytes, CancellationToken cancellationToken) =>
        Task.FromResult(false);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<TenantVm>> ListAsync(CancellationToken cancellationToken)
    {
        lock (gate) return ValueTask.FromResult<IReadOnlyList<TenantVm>>([.. entries.Values.Select(entry => entry.Vm)]);
    }

    /// <inheritdoc/>
    public ValueTask<TenantVm?> FindAsync(string idOrName, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            var byId = GuestId.TryParse(idOrName, out var id) ? entries.GetValueOrDefault(id) : null;
            return ValueTask.FromResult(
                (byId ?? entries.Values.FirstOrDefault(entry => !entry.HasEnded && entry.Vm.Spec.Name == idOrName))?.Vm);
        }
    }

    /// <inheritdoc/>
    public Task<TenantAnswer> CreateAsync(NewTenantVm vm, CancellationToken cancellationToken) => Change(() =>
    {
        ArgumentNullException.ThrowIfNull(vm);
        var problems = vm.Spec.Problems().ToList();
        if (Policies.Find(vm.Policy) is null)
            problems.Add($"The eviction policy (--policy) is '{vm.Policy}'; allowed are {Policies.Names}.");
        if (entries.Values.Any(entry => !entry.HasEnded && entry.Vm.Spec.Name == vm.Spec.Name))
            problems.Add($"A VM {vm.Spec.Name} exists already: delete it first, or choose another name.");
        if (problems.Count > 0) return Refused(string.Join(" ", problems));
        var now = time.GetUtcNow();
        var made = new TenantVm
        {
            Spec = vm.Spec,
            ImageName = vm.ImageName,
            Policy = vm.Policy,
            Status = VmStatus.Waiting,
            Why = "",
            Since = now,
            Created = now,
        };
        Put(new Entry(made, GuestWish.Running, vm.ImageBytes));
        return new TenantAnswer(CloudAnswer.Done, vm.Spec.Id);
    });

    /// <inheritdoc/>
    public Task<TenantAnswer> StartAsync(GuestId id, CancellationToken cancellationToken) => Want(id, GuestWish.Running);

    /// <inheritdoc/>
    public Task<TenantAnswer> StopAsync(GuestId id, CancellationToken cancellationToken) => Want(id, GuestWish.Stopped);

    /// <inheritdoc/>
    public Task<TenantAnswer> DeleteAsync(GuestId id, CancellationToken cancellationToken) => Want(id, GuestWish.Gone);

    /// <inheritdoc/>
    public IAsyncEnumerable<TenantVm> WatchAsync(CancellationToken cancellationToken) =>
        TenantWatch.FollowAsync(this, this, cancellationToken);

    private static CloudGuestState StateOf(Entry entry) => entry.Wish switch
    {
        GuestWish.Gone => CloudGuestState.Leaving,
        GuestWish.Stopped => CloudGuestState.Resting,
        _ => CloudGuestState.Here,
    };

    private static VmStatus StatusOf(GuestWish wish, GuestObservation? seen) => (wish, seen?.Phase) switch
    {
        (GuestWish.Gone, _) => VmStatus.Deleting,
        (_, GuestPhase.Running) => VmStatus.Running,
        (_, GuestPhase.Held) => VmStatus.Frozen,
        (_, GuestPhase.Suspended) => VmStatus.Suspended,
        (_, GuestPhase.Failed) => VmStatus.Failed,
        (GuestWish.Stopped, _) or (_, GuestPhase.Stopped) => VmStatus.Stopped,
        (_, GuestPhase.Starting) => VmStatus.Starting,
        _ => VmStatus.Preparing,
    };

    private static TenantAnswer Refused(string sentence) => new(CloudAnswer.Refused(sentence), null);

    private TenantVm? Find(GuestId guest)
    {
        lock (gate) return entries.GetValueOrDefault(guest)?.Vm;
    }

    private Task<TenantAnswer> Want(GuestId id, GuestWish wish) => Change(() =>
    {
        if (entries.GetValueOrDefault(id) is not { HasEnded: false } entry) return Refused($"There is no VM {id}, or it has ended.");
        if (entry.Wish is GuestWish.Gone && wish is not GuestWish.Gone) return Refused($"VM {entry.Vm.Spec.Name} is being deleted.");
        if (entry.Wish == wish) return new(CloudAnswer.AlreadySo, id);
        if (wish is GuestWish.Gone && entry.Vm.Node is null) End(entry);
        else Put(entry with { Wish = wish });
        return new TenantAnswer(CloudAnswer.Done, id);
    });

    /// <summary>Makes one change, then places what waits.</summary>
    private Task<T> Change<T>(Func<T> change)
    {
        lock (gate)
        {
            var result = change();
            foreach (var waiting in entries.Values.Where(entry => entry is { Wish: GuestWish.Running, HasEnded: false, Vm.Node: null })
                .ToList())
            {
                var free = open.Where(node => nodes.GetValueOrDefault(node) is { State: NodeState.Available, Lost: false, Revoked: false })
                    .OrderBy(node => node.Value, StringComparer.Ordinal).ToList();
                if (free.Count > 0) Put(waiting with { Vm = waiting.Vm with { Node = free[0], Placements = waiting.Vm.Placements + 1 } });
            }

            return Task.FromResult(result);
        }
    }

    /// <summary>A new wish or place changes its node's plan.</summary>
    private void Put(Entry entry)
    {
        var next = entry with { Revision = ++revision, Generation = entry.Generation + 1 };
        Show(
            next with
            {
                Vm = next.Vm with
                {
                    Status = next.Vm.Node is null && next.Wish is GuestWish.Running ? VmStatus.Waiting : StatusOf(next.Wish, next.Vm.Seen),
                },
            });
        if (entry.Vm.Node is { } node) AssignmentsChanged?.Invoke(node);
    }

    private void End(Entry entry)
    {
        var node = entry.Vm.Node;
        var status = entry.IsEvicted ? VmStatus.Terminated : VmStatus.Deleted;
        revision++;
        Show(
            entry with { HasEnded = true, Vm = entry.Vm with { Node = null, Seen = null, Status = status, IsDeleted = !entry.IsEvicted } });
        if (node is { } left) AssignmentsChanged?.Invoke(left);
    }

    private void Show(Entry entry)
    {
        var before = entries.GetValueOrDefault(entry.Vm.Id)?.Vm;
        if (before?.Status != entry.Vm.Status) entry = entry with { Vm = entry.Vm with { Since = time.GetUtcNow() } };
        entries[entry.Vm.Id] = entry;
        if (before != entry.Vm)
            GuestChanged?.Invoke(
                new(
                    entry.Vm.Id, entry.Vm.Spec.Name, entry.Vm.Node, before?.Status, entry.Vm.Status, "", entry.HasEnded,
                    FreesDisks: false));
    }

    private sealed record Entry(TenantVm Vm, GuestWish Wish, long ImageBytes)
    {
        public long Generation { get; init; }

        public long Revision { get; init; }

        public bool IsEvicted { get; init; }

        public bool HasEnded { get; init; }
    }
}
