using Opportunism.Core;
using Opportunism.Core.Eviction;
using Opportunism.Core.Guests;

namespace Opportunism.Clouds.Embedded;

public sealed partial class EmbeddedCloud
{
    /// <summary>The VM with that id, including recently ended ones; else the one with that name that has not ended; null when there is
    /// none.</summary>
    public Vm? Find(string idOrName)
    {
        var all = Volatile.Read(ref state).Vms;
        if (GuestId.TryParse(idOrName, out var id) && all.GetValueOrDefault(id) is { } byId) return byId;
        return all.Values.Where(vm => vm.Spec.Name == idOrName).OrderBy(vm => vm.End).ThenByDescending(vm => vm.Created)
            .FirstOrDefault(vm => vm.End is not VmEnd.Deleted);
    }

    /// <inheritdoc/>
    public PolicySet Policies => Offered;

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<TenantVm>> ListAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<TenantVm>>([.. Vms.Select(Shown)]);

    /// <inheritdoc/>
    public ValueTask<TenantVm?> FindAsync(string idOrName, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Find(idOrName) is { } vm ? Shown(vm) : null);

    /// <inheritdoc/>
    public Task<TenantAnswer> CreateAsync(NewTenantVm vm, CancellationToken cancellationToken) => ChangeAsync(
        draft =>
        {
            var spec = vm.Spec;
            var problems = spec.Problems().ToList();
            var chosen = Offered.Find(vm.Policy);
            if (chosen is null) problems.Add($"The eviction policy (--policy) is '{vm.Policy}'; allowed are {Offered.Names}.");
            if (problems.Count > 0) return Refused(string.Join(" ", problems));
            if (draft.All.FirstOrDefault(known => known.Spec.Name == spec.Name && known.End is VmEnd.None) is { } other)
                return Refused($"A VM {spec.Name} exists already ({other.Id}): delete it first, or choose another name.");
            draft.Put(
                new Vm
                {
                    Spec = spec,
                    ImageName = vm.ImageName,
                    ImageBytes = vm.ImageBytes,
                    Policy = chosen!,
                    Created = draft.Now,
                    Queued = draft.Now,
                    Since = draft.Now,
                    Revision = draft.Revision,
                });
            return new TenantAnswer(CloudAnswer.Done, spec.Id);
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task<TenantAnswer> StartAsync(GuestId id, CancellationToken cancellationToken) => ChangeAsync(
        draft =>
        {
            if (draft.Find(id) is not { End: VmEnd.None } vm) return Unknown(id);
            if (vm.Wish is GuestWish.Gone) return Refused($"VM {vm.Spec.Name} is being deleted: it cannot be started.");
            if (vm.Wanted is GuestWish.Running && vm.Seen is not { Phase: GuestPhase.Failed or GuestPhase.Stopped })
                return new(CloudAnswer.AlreadySo, id);
            draft.Put(
                vm with
                {
                    Wanted = GuestWish.Running,
                    Queued = vm.Node is null ? draft.Now : vm.Queued,
                    Generation = vm.Generation + 1,
                    Revision = draft.Revision,
                });
            return new(CloudAnswer.Done, id);
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task<TenantAnswer> StopAsync(GuestId id, CancellationToken cancellationToken) => ChangeAsync(
        draft =>
        {
            if (draft.Find(id) is not { End: VmEnd.None } vm) return Unknown(id);
            if (vm.Wish is GuestWish.Gone) return Refused($"VM {vm.Spec.Name} is being deleted: it cannot be stopped.");
            if (vm.Wanted is GuestWish.Stopped) return new(CloudAnswer.AlreadySo, id);
            draft.Put(vm with { Wanted = GuestWish.Stopped, Generation = vm.Generation + 1, Revision = draft.Revision });
            return new(CloudAnswer.Done, id);
        },
        cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Takes effect at once where no node has to confirm, or none can.</remarks>
    public Task<TenantAnswer> DeleteAsync(GuestId id, CancellationToken cancellationToken) => ChangeAsync(
        draft =>
        {
            if (draft.Find(id) is not { } vm || vm.End is VmEnd.Deleted) return Unknown(id);
            if (vm.Node is not { } node) draft.Put(VmRules.Ended(vm, VmEnd.Deleted, draft.Now));
            else if (draft.Observed(node) is { Lost: true } or { Revoked: true })
                draft.Leave(vm, VmRules.Ended(vm, VmEnd.Deleted, draft.Now), mayRun: false);
            else if (vm.Wanted is GuestWish.Gone) return new(CloudAnswer.AlreadySo, id);
            else draft.Put(
                vm with { Wanted = GuestWish.Gone, Terminating = false, Generation = vm.Generation + 1, Revision = draft.Revision });
            return new(CloudAnswer.Done, id);
        },
        cancellationToken);

    /// <inheritdoc/>
    public bool MayHandOver(NodeId node, GuestId id) =>
        Volatile.Read(ref state).Vms.GetValueOrDefault(id) is { } vm && vm.Node == node && vm.Wish is not GuestWish.Gone
            && (vm.Moving || vm.Policy.Ladder.Contains(EvictionStep.Relocate));

    /// <inheritdoc/>
    public Task<bool> DiskStoredAsync(NodeId node, GuestId id, string sha256, long bytes, CancellationToken cancellationToken) =>
        ChangeAsync(
        draft =>
        {
            if (draft.Find(id) is not { } vm || vm.Node != node || vm.Wish is GuestWish.Gone) return false;
            draft.Put(vm with { StoredSha256 = sha256, StoredBytes = bytes });
            if (draft.Observed(node) is { } seen) draft.Observe(seen);
            return true;
        },
        cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<TenantVm> WatchAsync(CancellationToken cancellationToken) =>
        TenantWatch.FollowAsync(this, this, cancellationToken);

    private static TenantVm Shown(Vm vm) => new()
    {
        Spec = vm.Spec,
        ImageName = vm.ImageName,
        Policy = vm.Policy.Name,
        Status = vm.Status,
        Why = vm.Why,
        Since = vm.Since,
        Created = vm.Created,
        Node = vm.Node,
        Seen = vm.Seen,
        Placements = vm.Placements,
        IsDeleted = vm.End is VmEnd.Deleted,
    };

    private static TenantAnswer Refused(string sentence) => new(new(CloudOutcome.Refused, sentence), null);

    private static TenantAnswer Unknown(GuestId id) => Refused($"There is no VM {id}, or it has ended.");
}
