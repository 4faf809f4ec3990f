using Microsoft.AspNetCore.Http.HttpResults;
using Opportunism.Clouds;
using Opportunism.Controller.Clouds;
using Opportunism.Core.Fleet;
using Opportunism.Server.Http;

namespace Opportunism.Controller.Tenants;

/// <summary>The clouds of the site in which VMs are created through this site's API. Any thread.</summary>
internal sealed class TenantClouds(SiteClouds clouds)
{
    private readonly IReadOnlyList<TenantCloud> all =
        [.. from cloud in clouds.All let tenants = cloud.Tenants where tenants is not null select new TenantCloud(cloud.Name, tenants)];

    /// <summary>Every VM, including recently ended ones; refused when no cloud of the site has any here.</summary>
    public async Task<(IReadOnlyList<FoundVm> Vms, ProblemHttpResult? Problem)> ListAsync(CancellationToken cancellationToken)
    {
        if (all.Count == 0) return ([], None());
        var vms = new List<FoundVm>();
        foreach (var cloud in all) vms.AddRange((await cloud.Tenants.ListAsync(cancellationToken)).Select(vm => new FoundVm(cloud, vm)));
        return (vms, null);
    }

    /// <summary>The VM with that id or name; else why there is none.</summary>
    public async Task<(FoundVm? Vm, ProblemHttpResult? Problem)> FindAsync(string idOrName, CancellationToken cancellationToken)
    {
        if (all.Count == 0) return (null, None());
        var found = new List<FoundVm>();
        foreach (var cloud in all)
        {
            if (await cloud.Tenants.FindAsync(idOrName, cancellationToken) is { } vm) found.Add(new(cloud, vm));
        }

        // A VM that has ended keeps its name for a while; one that has not is meant.
        if (found.Count > 1 && found.Count(one => one.Vm.Status is not VmStatus.Terminated) == 1)
            found.RemoveAll(one => one.Vm.Status is VmStatus.Terminated);
        return found switch
        {
            [] => (null, Answers.NoSuch("VM", idOrName)),
            [var one] => (one, null),
            _ => (null,
            Answers.Conflict(
                $"Several VMs are named '{Answers.Shown(idOrName)}': "
                    + $"{string.Join(", ", found.Select(one => $"{one.Vm.Id} in {one.Cloud.Name}"))}. Use an id.")),
        };
    }

    /// <summary>The cloud in which a new VM is created: the named one, else the only one; else why there is none.</summary>
    public (TenantCloud? Cloud, ProblemHttpResult? Problem) For(string? name)
    {
        if (all.Count == 0) return (null, None());
        var names = string.Join(", ", all.Select(cloud => cloud.Name));
        if (string.IsNullOrEmpty(name))
            return all.Count == 1
                ? (all[0], null)
                : (null, Answers.Wrong($"Several clouds of this site create VMs: {names}. Name one (--cloud)."));
        return all.FirstOrDefault(cloud => cloud.Name == name) is { } named
            ? (named, null)
            : (null, Answers.Wrong($"The cloud (--cloud) is '{Answers.Shown(name)}'; allowed are {names}."));
    }

    private ProblemHttpResult None() =>
        TypedResults.Problem(
            $"No cloud of this site ({clouds.Names}) creates VMs here; use that cloud's own API.",
            statusCode: StatusCodes.Status501NotImplemented);
}

/// <summary>A cloud in which VMs are created through this site's API.</summary>
/// <param name="Name">Its name in this site.</param>
/// <param name="Tenants">Its role.</param>
internal sealed record TenantCloud(string Name, ITenantCloud Tenants);

/// <summary>A VM and the cloud that has it.</summary>
/// <param name="Cloud">The cloud.</param>
/// <param name="Vm">The VM.</param>
internal sealed record FoundVm(TenantCloud Cloud, TenantVm Vm)
{
    /// <summary>The VM as it is now; its last state when its cloud has removed it meanwhile.</summary>
    public async Task<FoundVm> AgainAsync(CancellationToken cancellationToken) =>
        await Cloud.Tenants.FindAsync(Vm.Id.Value, cancellationToken) is { } newer ? this with { Vm = newer } : this;
}
