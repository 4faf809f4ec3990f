using Microsoft.EntityFrameworkCore;
using Opportunism.Server.Store;

namespace Opportunism.Controller.Store;

/// <summary>The site's tables. Each database has its own subclass with that database's migrations.</summary>
internal abstract class SiteDbContext(DbContextOptions options) : ServerDbContext(options)
{
    public DbSet<NodeRow> Nodes => Set<NodeRow>();

    public DbSet<JoinTokenRow> JoinTokens => Set<JoinTokenRow>();

    public DbSet<ImageRow> Images => Set<ImageRow>();

    public DbSet<CloudRow> Clouds => Set<CloudRow>();

    public DbSet<CloudRecordRow> CloudRecords => Set<CloudRecordRow>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        base.OnModelCreating(modelBuilder);
        modelBuilder.Entity<NodeRow>().ToTable("nodes").HasKey(row => row.Id);
        modelBuilder.Entity<JoinTokenRow>(table =>
        {
            table.ToTable("join_tokens").HasKey(row => row.Id);
            table.HasIndex(row => row.SecretHash).IsUnique();
        });
        modelBuilder.Entity<ImageRow>(table =>
        {
            table.ToTable("images").HasKey(row => row.Sha256);
            table.HasIndex(row => row.Name).IsUnique();
        });
        modelBuilder.Entity<CloudRow>().ToTable("clouds").HasKey(row => row.Name);
        modelBuilder.Entity<CloudRecordRow>().ToTable("cloud_records").HasKey(row => new { row.Cloud, row.Kind, row.Id });
    }
}
