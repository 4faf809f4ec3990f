using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Opportunism.Controller.Store;

/// <summary>The site's tables. Each database has its own subclass with that database's migrations.</summary>
internal abstract class SiteDbContext(DbContextOptions options) : DbContext(options)
{
    public DbSet<NodeRow> Nodes => Set<NodeRow>();

    public DbSet<JoinTokenRow> JoinTokens => Set<JoinTokenRow>();

    public DbSet<PersonTokenRow> PersonTokens => Set<PersonTokenRow>();

    public DbSet<ImageRow> Images => Set<ImageRow>();

    public DbSet<EventRow> Events => Set<EventRow>();

    public DbSet<CloudRecordRow> CloudRecords => Set<CloudRecordRow>();

    /// <summary>Writes a copy of the whole database, in its present state, into an empty file.</summary>
    public abstract Task CopyToAsync(string file, CancellationToken cancellationToken);

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<NodeRow>().ToTable("nodes").HasKey(row => row.Id);
        modelBuilder.Entity<JoinTokenRow>(table =>
        {
            table.ToTable("join_tokens").HasKey(row => row.Id);
            table.HasIndex(row => row.SecretHash).IsUnique();
        });
        modelBuilder.Entity<PersonTokenRow>(table =>
        {
            table.ToTable("person_tokens").HasKey(row => row.Id);
            table.HasIndex(row => row.SecretHash).IsUnique();
        });
        modelBuilder.Entity<ImageRow>(table =>
        {
            table.ToTable("images").HasKey(row => row.Sha256);
            table.HasIndex(row => row.Name).IsUnique();
        });
        modelBuilder.Entity<EventRow>(table =>
        {
            table.ToTable("events").HasKey(row => row.Id);
            table.Property(row => row.Id).ValueGeneratedOnAdd();
        });
        modelBuilder.Entity<CloudRecordRow>().ToTable("cloud_records").HasKey(row => new { row.Cloud, row.Kind, row.Id });
    }

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        // A number, which both databases compare, sort and index alike; SQLite cannot order its own text form of an offset.
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<UtcTicks>();

        // Names, so that stored rows do not depend on the order of an enum's members.
        configurationBuilder.Properties<Enum>().HaveConversion<string>();
    }

    /// <summary>A point in time as its UTC ticks.</summary>
    private sealed class UtcTicks() : ValueConverter<DateTimeOffset, long>(
        time => time.UtcTicks, ticks => new DateTimeOffset(ticks, TimeSpan.Zero));
}
