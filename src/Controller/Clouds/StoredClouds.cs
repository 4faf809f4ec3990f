using Microsoft.EntityFrameworkCore;
using Opportunism.Controller.Settings;
using Opportunism.Controller.Store;
using Opportunism.Server;

namespace Opportunism.Controller.Clouds;

/// <summary>Compares the clouds of the settings with those that have records in the database, at the start: without its cloud a VM would
/// disappear, and its files would be deleted.</summary>
/// <param name="contexts">Opens the site's database.</param>
/// <param name="forget">Name of a cloud that the operator removes from the database; empty for none.</param>
internal sealed class StoredClouds(IDbContextFactory<SiteDbContext> contexts, string forget)
{
    /// <summary>Checks that each cloud with records is in the settings with the same kind, and stores the clouds of the settings.</summary>
    /// <returns>The one cloud of a database whose version had no names of clouds; null in any other case.</returns>
    /// <exception cref="CannotStartException">A cloud with records is not in the settings, or has another kind there; or the cloud to
    /// forget is unknown.</exception>
    public async Task<string?> CheckAsync(IReadOnlyList<CloudSettings> settings, CancellationToken cancellationToken)
    {
        if (forget.Length > 0) await ForgetAsync(cancellationToken);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var known = await context.Clouds.ToDictionaryAsync(row => row.Name, cancellationToken);
        var records = await context.CloudRecords.GroupBy(row => new { row.Cloud, row.Kind })
            .Select(group => new { group.Key.Cloud, group.Key.Kind, Count = group.Count() }).ToListAsync(cancellationToken);
        foreach (var cloud in records.GroupBy(record => record.Cloud))
        {
            // A version that had one cloud named it after its kind.
            var kind = known.GetValueOrDefault(cloud.Key)?.Kind ?? cloud.Key;
            var present = settings.FirstOrDefault(one => one.Name == cloud.Key)?.Module.Kind;
            if (present == kind) continue;
            var held = string.Join(", ", cloud.OrderBy(record => record.Kind).Select(record => $"{record.Count} {record.Kind}"));
            throw new CannotStartException(
                (present is null
                    ? $"The settings have no cloud {cloud.Key}"
                    : $"In the settings the cloud {cloud.Key} is of kind {present}, not {kind}")
                + $", and the database holds records of it ({held}): have a section [{CloudSettings.SectionPrefix}{cloud.Key}] with Kind = "
                + $"{kind}. To remove the cloud with its VMs and their disks for ever, start once with --forget-cloud {cloud.Key}.");
        }

        foreach (var cloud in settings)
        {
            if (known.TryGetValue(cloud.Name, out var row)) row.Kind = cloud.Module.Kind;
            else context.Clouds.Add(new() { Name = cloud.Name, Kind = cloud.Module.Kind });
        }

        await context.SaveChangesAsync(cancellationToken);
        var unnamed = records.Select(record => record.Cloud).Distinct().ToList();
        return known.Count == 0 && unnamed.Count == 1 ? unnamed[0] : null;
    }

    /// <summary>Deletes all records of a cloud; its nodes belong to no cloud afterwards, until the settings give them one.</summary>
    private async Task ForgetAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var found = await context.CloudRecords.Where(row => row.Cloud == forget).ExecuteDeleteAsync(cancellationToken)
            + await context.Clouds.Where(row => row.Name == forget).ExecuteDeleteAsync(cancellationToken)
            + await context.Nodes.Where(row => row.Cloud == forget)
                .ExecuteUpdateAsync(set => set.SetProperty(row => row.Cloud, ""), cancellationToken);
        if (found == 0) throw new CannotStartException($"--forget-cloud is '{forget}', but the database has no cloud of that name.");
        await transaction.CommitAsync(cancellationToken);
    }
}
