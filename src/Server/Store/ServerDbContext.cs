using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Opportunism.Server.Store;

/// <summary>The tables that every server program has. A program derives from it, adds its own tables, and has a subclass with migrations
/// for each kind of database.</summary>
public abstract class ServerDbContext(DbContextOptions options) : DbContext(options)
{
    /// <summary>People's tokens.</summary>
    public DbSet<PersonTokenRow> PersonTokens => Set<PersonTokenRow>();

    /// <summary>The newest events.</summary>
    public DbSet<EventRow> Events => Set<EventRow>();

    /// <inheritdoc/>
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        ArgumentNullException.ThrowIfNull(modelBuilder);
        modelBuilder.Entity<PersonTokenRow>(table =>
        {
            table.ToTable("person_tokens").HasKey(row => row.Id);
            table.HasIndex(row => row.SecretHash).IsUnique();
        });
        modelBuilder.Entity<EventRow>(table =>
        {
            table.ToTable("events").HasKey(row => row.Id);
            table.Property(row => row.Id).ValueGeneratedOnAdd();
        });
    }

    /// <inheritdoc/>
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        ArgumentNullException.ThrowIfNull(configurationBuilder);

        // A number, which both databases compare, sort and index alike; SQLite cannot order its own text form of an offset.
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<UtcTicks>();

        // Names, so that stored rows do not depend on the order of an enum's members.
        configurationBuilder.Properties<Enum>().HaveConversion<string>();
    }

    /// <summary>A point in time as its UTC ticks.</summary>
    private sealed class UtcTicks() : ValueConverter<DateTimeOffset, long>(
        time => time.UtcTicks, ticks => new DateTimeOffset(ticks, TimeSpan.Zero));
}
