using Microsoft.EntityFrameworkCore;

namespace Opportunism.Controller.Store;

/// <summary>Stores the properties of images; their bytes are files.</summary>
internal sealed class ImageStore(IDbContextFactory<SiteDbContext> contexts)
{
    public async Task<List<ImageRow>> ListAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Images.AsNoTracking().OrderBy(row => row.Name).ToListAsync(cancellationToken);
    }

    /// <summary>The image with that SHA-256 or, else, with that name.</summary>
    public async Task<ImageRow?> FindAsync(string nameOrSha256, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Images.AsNoTracking().FirstOrDefaultAsync(row => row.Sha256 == nameOrSha256, cancellationToken)
            ?? await context.Images.AsNoTracking().FirstOrDefaultAsync(row => row.Name == nameOrSha256, cancellationToken);
    }

    public async Task AddAsync(ImageRow image, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        context.Images.Add(image);
        await context.SaveChangesAsync(cancellationToken);
    }

    public async Task DeleteAsync(string sha256, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await context.Images.Where(row => row.Sha256 == sha256).ExecuteDeleteAsync(cancellationToken);
    }
}
