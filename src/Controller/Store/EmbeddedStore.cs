using System.Collections.Immutable;
using Microsoft.EntityFrameworkCore;
using Opportunism.Clouds.Embedded;
using Opportunism.Core;
using Opportunism.Core.Eviction;
using Opportunism.Core.Guests;

namespace Opportunism.Controller.Store;

/// <summary>Keeps what the embedded cloud must not forget.</summary>
internal sealed class EmbeddedStore(IDbContextFactory<SiteDbContext> contexts) : IEmbeddedStore
{
    public async Task<EmbeddedState> LoadAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var vms = await context.Vms.AsNoTracking().ToListAsync(cancellationToken);
        var hosts = await context.Hosts.AsNoTracking().ToListAsync(cancellationToken);
        var leftovers = await context.Leftovers.AsNoTracking().ToListAsync(cancellationToken);
        return new EmbeddedState
        {
            Vms = vms.Select(VmOf).ToImmutableDictionary(vm => vm.Id),
            Hosts = hosts.Select(row => new EmbeddedHost(NodeId.Parse(row.Node), row.Open)).ToImmutableDictionary(host => host.Node),
            Leftovers = [.. leftovers.Select(LeftoverOf)],
        };
    }

    public async Task SaveAsync(EmbeddedChange change, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var ids = change.Vms.Select(vm => vm.Id.Value).ToList();
        var known = (await context.Vms.Where(row => ids.Contains(row.Id)).Select(row => row.Id).ToListAsync(cancellationToken)).ToHashSet();
        foreach (var vm in change.Vms) context.Entry(RowOf(vm)).State = known.Contains(vm.Id.Value) ? EntityState.Modified : EntityState.Added;
        foreach (var id in change.ForgottenVms) context.Vms.RemoveRange(await context.Vms.Where(row => row.Id == id.Value).ToListAsync(cancellationToken));
        foreach (var host in change.Hosts)
        {
            if (await context.Hosts.FindAsync([host.Node.Value], cancellationToken) is { } row) row.Open = host.Open;
            else context.Hosts.Add(new HostRow { Node = host.Node.Value, Open = host.Open });
        }

        foreach (var old in change.ClearedLeftovers)
        {
            if (await context.Leftovers.FindAsync([old.Id.Value, old.Node.Value], cancellationToken) is { } row) context.Leftovers.Remove(row);
        }

        foreach (var old in change.Leftovers) context.Leftovers.Add(RowOf(old));
        await context.SaveChangesAsync(cancellationToken);
    }

    private static Vm VmOf(VmRow row) => new()
    {
        Spec = new(GuestId.Parse(row.Id), row.Name, row.Vcpus, row.MemoryMiB, row.DiskMiB, row.ImageSha256, row.ImageFormat),
        ImageName = row.ImageName,
        ImageBytes = row.ImageBytes,
        Policy = EvictionPolicies.All.Find(row.Policy) ?? throw new InvalidDataException($"VM {row.Id} has the unknown eviction policy '{row.Policy}'; known are {EvictionPolicies.All.Names}."),
        Created = row.Created,
        Queued = row.Queued,
        Wanted = row.Wanted,
        Generation = row.Generation,
        Revision = row.Revision,
        Node = row.Node is { } node ? NodeId.Parse(node) : null,
        StartedHere = row.StartedHere,
        Moving = row.Moving,
        Terminating = row.Terminating,
        DiskSha256 = row.DiskSha256,
        DiskBytes = row.DiskBytes,
        StoredSha256 = row.StoredSha256,
        StoredBytes = row.StoredBytes,
        Placements = row.Placements,
        End = row.End,
        Ended = row.Ended,
        Status = row.Status,
        Why = row.Why,
        Since = row.Since,
    };

    private static VmRow RowOf(Vm vm) => new()
    {
        Id = vm.Id.Value,
        Name = vm.Spec.Name,
        Vcpus = vm.Spec.Vcpus,
        MemoryMiB = vm.Spec.MemoryMiB,
        DiskMiB = vm.Spec.DiskMiB,
        ImageSha256 = vm.Spec.ImageSha256,
        ImageFormat = vm.Spec.ImageFormat,
        ImageName = vm.ImageName,
        ImageBytes = vm.ImageBytes,
        Policy = vm.Policy.Name,
        Created = vm.Created,
        Queued = vm.Queued,
        Wanted = vm.Wanted,
        Generation = vm.Generation,
        Revision = vm.Revision,
        Node = vm.Node?.Value,
        StartedHere = vm.StartedHere,
        Moving = vm.Moving,
        Terminating = vm.Terminating,
        DiskSha256 = vm.DiskSha256,
        DiskBytes = vm.DiskBytes,
        StoredSha256 = vm.StoredSha256,
        StoredBytes = vm.StoredBytes,
        Placements = vm.Placements,
        End = vm.End,
        Ended = vm.Ended,
        Status = vm.Status,
        Why = vm.Why,
        Since = vm.Since,
    };

    private static Leftover LeftoverOf(LeftoverRow row) => new(
        new GuestSpec(GuestId.Parse(row.GuestId), row.Name, row.Vcpus, row.MemoryMiB, row.DiskMiB, row.ImageSha256, row.ImageFormat),
        NodeId.Parse(row.Node),
        row.Revision,
        row.Generation,
        row.MayRun);

    private static LeftoverRow RowOf(Leftover old) => new()
    {
        GuestId = old.Id.Value,
        Node = old.Node.Value,
        Revision = old.Revision,
        Generation = old.Generation,
        MayRun = old.MayRun,
        Name = old.Spec.Name,
        Vcpus = old.Spec.Vcpus,
        MemoryMiB = old.Spec.MemoryMiB,
        DiskMiB = old.Spec.DiskMiB,
        ImageSha256 = old.Spec.ImageSha256,
        ImageFormat = old.Spec.ImageFormat,
    };
}
