using Microsoft.EntityFrameworkCore;

namespace Opportunism.Controller.Store;

/// <summary>Stores nodes and their newest reports.</summary>
internal sealed class NodeStore(IDbContextFactory<SiteDbContext> contexts)
{
    public async Task<List<NodeRow>> LoadAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Nodes.AsNoTracking().ToListAsync(cancellationToken);
    }

    public async Task SaveReportAsync(string id, DateTimeOffset heard, byte[] report, string pastRuns, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await context.Nodes.Where(row => row.Id == id).ExecuteUpdateAsync(
            set => set.SetProperty(row => row.LastHeard, heard).SetProperty(row => row.Report, report)
                .SetProperty(row => row.PastRuns, pastRuns),
            cancellationToken);
    }

    public async Task SaveFlagsAsync(
        string id, bool revoked, bool drained, DateTimeOffset? snoozedUntil, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await context.Nodes.Where(row => row.Id == id).ExecuteUpdateAsync(
            set => set.SetProperty(row => row.Revoked, revoked).SetProperty(row => row.Drained, drained)
                .SetProperty(row => row.SnoozedUntil, snoozedUntil),
            cancellationToken);
    }

    /// <summary>Stores which cloud a node belongs to.</summary>
    public async Task SaveCloudAsync(string id, string cloud, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await context.Nodes.Where(row => row.Id == id)
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.Cloud, cloud), cancellationToken);
    }

    /// <summary>Adds a node and takes one use of its join token, both or neither. False when the token has no use left.</summary>
    public async Task<bool> EnrolAsync(NodeRow node, string joinToken, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        if (!await TakeUseAsync(context, joinToken, cancellationToken)) return false;
        context.Nodes.Add(node);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    /// <summary>Gives a node another secret and takes one use of its join token, both or neither. False when the token has no use
    /// left.</summary>
    public async Task<bool> EnrolAgainAsync(
        string id, byte[] secretHash, DateTimeOffset enrolled, string joinToken, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        if (!await TakeUseAsync(context, joinToken, cancellationToken)) return false;
        await context.Nodes.Where(row => row.Id == id).ExecuteUpdateAsync(
            set => set.SetProperty(row => row.SecretHash, secretHash).SetProperty(row => row.Enrolled, enrolled)
                .SetProperty(row => row.Revoked, false),
            cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    private static async Task<bool> TakeUseAsync(SiteDbContext context, string joinToken, CancellationToken cancellationToken) =>
        await context.JoinTokens.Where(row => row.Id == joinToken && row.UsesLeft > 0 && !row.Revoked)
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.UsesLeft, row => row.UsesLeft - 1), cancellationToken) > 0;
}
