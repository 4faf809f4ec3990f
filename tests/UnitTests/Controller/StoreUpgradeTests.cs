using System.Runtime.Versioning;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.DependencyInjection;
using Opportunism.Clouds.Embedded;
using Opportunism.Clouds.OpenStack;
using Opportunism.Controller.Store;
using Opportunism.Controller.Store.Sqlite;
using Opportunism.Core;
using Opportunism.Core.Eviction;
using Opportunism.Core.Fleet;
using Opportunism.Core.Guests;
using Opportunism.Server;
using Opportunism.Server.State;
using Opportunism.Server.Store;
using Xunit;

namespace Opportunism.UnitTests.Controller;

/// <summary>A site's database of a former version, opened by this one.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class StoreUpgradeTests : IDisposable
{
    internal const string BeforeRecords = "20261122192320_EvictedServers", Records = "20261130170000_CloudRecords";
    internal static readonly DateTimeOffset Then = new(2026, 11, 29, 8, 30, 0, TimeSpan.Zero);
    internal static readonly string Vm = new('a', 32), Ended = new('b', 32), Server = new('c', 32), Sha256 = new('d', 64),
        Disk = new('e', 64);

    // Rows as the version before wrote them: times as UTC ticks, enums by name, truth as 0 and 1.
    internal static readonly string Rows = $"""
        INSERT INTO vms (Id, Name, Vcpus, MemoryMiB, DiskMiB, ImageSha256, ImageFormat, ImageName, ImageBytes, Policy, Created, Queued, Wanted, Generation, Revision,
            Node, StartedHere, Moving, Terminating, DiskSha256, DiskBytes, StoredSha256, StoredBytes, Placements, "End", Ended, Status, Why, Since)
        VALUES ('{Vm}', 'job', 2, 512, 4096, '{Sha256}', 'Qcow2', 'mine', 12345678901, 'relocate', {Then.UtcTicks}, {Then.UtcTicks + 1}, 'Running', 3, 77,
            'pc-1', 1, 1, 0, '{Disk}', 99, '', 0, 4, 'None', NULL, 'Relocating', 'says "no" \ and é', {Then.UtcTicks + 2}),
            ('{Ended}', 'old', 1, 256, 1, '{Sha256}', 'Raw', 'mine', 1, 'terminate', {Then.UtcTicks}, {Then.UtcTicks}, 'Gone', 1, 5,
            NULL, 0, 0, 1, '', 0, '{Disk}', 7, 0, 'Deleted', {Then.UtcTicks}, 'Deleted', '', {Then.UtcTicks});
        INSERT INTO leftovers (GuestId, Node, Revision, Generation, MayRun, Name, Vcpus, MemoryMiB, DiskMiB, ImageSha256, ImageFormat)
        VALUES ('{Ended}', 'pc-2', 9, 2, 1, 'old', 1, 256, 1, '{Sha256}', 'Raw');
        INSERT INTO hosts (Node, "Open") VALUES ('pc-1', 1), ('pc-2', 0);
        INSERT INTO evicted_servers (Guest, Node, "Action", Since, Attempts, Returns, "Returning", NotBefore)
        VALUES ('{Server}', 'pc-3', 'Suspend', {Then.UtcTicks}, 2, 1, 1, {Then.UtcTicks + 5});
        INSERT INTO nodes (Id, SecretHash, Enrolled, Revoked, Drained, PastRuns) VALUES ('pc-1', x'01', {Then.UtcTicks}, 0, 1, '');
        INSERT INTO join_tokens (Id, SecretHash, UsesLeft, Created, Expires, Revoked, Note) VALUES ('t', x'02', 3, {Then.UtcTicks}, {Then.UtcTicks}, 0, 'lab');
        """;

    private readonly string folder = Directory.CreateTempSubdirectory("upgrade-").FullName;

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task What_clouds_had_in_tables_of_their_own_is_in_records_afterwards_and_a_copy_from_before_is_kept()
    {
        using var state = new StateFolder(folder);
        var (contexts, start) = Open(state);
        await FillAsync(contexts);

        await start.MigrateAsync(default);

        var embedded = await new EmbeddedRecords(new CloudStore(contexts, "embedded")).LoadAsync(default);
        Assert.Equal(
            new Vm
            {
                Spec = new(GuestId.Parse(Vm), "job", 2, 512, 4096, Sha256, ImageFormat.Qcow2),
                ImageName = "mine",
                ImageBytes = 12345678901,
                Policy = EvictionPolicies.Relocate,
                Created = Then,
                Queued = Then.AddTicks(1),
                Wanted = GuestWish.Running,
                Generation = 3,
                Revision = 77,
                Node = NodeId.Parse("pc-1"),
                StartedHere = true,
                Moving = true,
                DiskSha256 = Disk,
                DiskBytes = 99,
                Placements = 4,
                Status = VmStatus.Relocating,
                Why = "says \"no\" \\ and é",
                Since = Then.AddTicks(2),
            },
            embedded.Vms[GuestId.Parse(Vm)]);
        Assert.Equal(
            new Vm
            {
                Spec = new(GuestId.Parse(Ended), "old", 1, 256, 1, Sha256, ImageFormat.Raw),
                ImageName = "mine",
                ImageBytes = 1,
                Policy = EvictionPolicies.Terminate,
                Created = Then,
                Queued = Then,
                Wanted = GuestWish.Gone,
                Revision = 5,
                Terminating = true,
                StoredSha256 = Disk,
                StoredBytes = 7,
                End = VmEnd.Deleted,
                Ended = Then,
                Status = VmStatus.Deleted,
                Since = Then,
            },
            embedded.Vms[GuestId.Parse(Ended)]);
        Assert.Equal(2, embedded.Vms.Count);
        Assert.Equal([new Leftover(embedded.Vms[GuestId.Parse(Ended)].Spec, NodeId.Parse("pc-2"), 9, 2, true)], embedded.Leftovers);
        Assert.Equal(
            [new(NodeId.Parse("pc-1"), true), new(NodeId.Parse("pc-2"), false)], embedded.Hosts.Values.OrderBy(host => host.Node.Value));
        Assert.Equal(
            [new()
            {
                Guest = GuestId.Parse(Server),
                Node = NodeId.Parse("pc-3"),
                Action = EvictionStep.Suspend,
                Since = Then,
                Attempts = 2,
                Returns = 1,
                Returning = true,
                NotBefore = Then.AddTicks(5),
            }],
            await new OpenStackRecords(new CloudStore(contexts, "openstack")).LoadAsync(default));
        var node = Assert.Single(await new NodeStore(contexts).LoadAsync(default));
        Assert.Equal(("pc-1", "", true), (node.Id, node.Cloud, node.Drained));
        Assert.Equal("", Assert.Single(await new JoinTokenStore(contexts).ListAsync(default)).Cloud);

        // A former version can start with the copy: it is whole, of that version, and as private as the database.
        var copy = state[DatabaseStart.CopyBefore(SqliteStore.FileName, Records)];
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(copy));
        using var former = new SqliteConnection($"Data Source={copy};Mode=ReadOnly");
        await former.OpenAsync();
        using var count = former.CreateCommand();
        count.CommandText = """SELECT (SELECT count(*) FROM vms) || ' ' || (SELECT max(MigrationId) FROM "__EFMigrationsHistory")""";
        Assert.Equal($"2 {BeforeRecords}", await count.ExecuteScalarAsync());
    }

    [Fact]
    public async Task A_database_of_this_version_and_a_new_one_are_not_copied()
    {
        using var state = new StateFolder(folder);
        var (contexts, start) = Open(state);
        await start.MigrateAsync(default);
        await start.MigrateAsync(default);
        Assert.DoesNotContain(Directory.GetFiles(folder), file => Path.GetFileName(file).StartsWith("site.db.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_lock_that_a_killed_upgrade_left_does_not_keep_the_next_start_waiting()
    {
        using var state = new StateFolder(folder);
        var (contexts, start) = Open(state);
        await FillAsync(contexts);
        await using (var context = await contexts.CreateDbContextAsync())
        {
            await context.Database.ExecuteSqlRawAsync(
                """INSERT INTO "__EFMigrationsLock" ("Id", "Timestamp") VALUES (1, '2026-11-30 21:00:00.0000000+00:00')""");
        }

        await start.MigrateAsync(default).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Single(await new NodeStore(contexts).LoadAsync(default));
    }

    [Fact]
    public async Task A_database_of_a_newer_version_is_refused_and_not_changed()
    {
        using var state = new StateFolder(folder);
        var (contexts, start) = Open(state);
        await start.MigrateAsync(default);
        await using (var context = await contexts.CreateDbContextAsync())
        {
            await context.Database.ExecuteSqlRawAsync(
                """INSERT INTO "__EFMigrationsHistory" ("MigrationId", "ProductVersion") VALUES ('20990101000000_Newer', '11.0')""");
        }

        var refused = await Assert.ThrowsAsync<CannotStartException>(() => start.MigrateAsync(default));
        Assert.Equal(
            $"The database {state[SqliteStore.FileName]} was written by a newer version (it has 20990101000000_Newer): start that version, "
                + "or put the copy from before its upgrade in the database's place.",
            refused.Message);
    }

    [Fact]
    public async Task A_reader_does_not_hold_up_a_writer()
    {
        using var state = new StateFolder(folder);
        var (contexts, start) = Open(state);
        await FillAsync(contexts);
        await start.MigrateAsync(default);
        await using var reading = new SqliteConnection($"Data Source={state[SqliteStore.FileName]};Mode=ReadOnly;Pooling=False");
        await reading.OpenAsync();
        await using var transaction = await reading.BeginTransactionAsync();
        await using var query = reading.CreateCommand();
        query.CommandText = "SELECT count(*) FROM nodes";
        query.Transaction = (SqliteTransaction)transaction;
        Assert.Equal(1L, await query.ExecuteScalarAsync());

        await new NodeStore(contexts).SaveCloudAsync("pc-1", "desks", default).WaitAsync(TimeSpan.FromSeconds(20));

        // Still the state that it began with.
        Assert.Equal(1L, await query.ExecuteScalarAsync());
        Assert.Equal("desks", Assert.Single(await new NodeStore(contexts).LoadAsync(default)).Cloud);
    }

    [Fact]
    public async Task A_copy_that_cannot_be_made_stops_the_start_with_a_sentence_and_the_database_stays_as_it_was()
    {
        using var state = new StateFolder(folder);
        var (contexts, start) = Open(state);
        await FillAsync(contexts);
        Directory.CreateDirectory(state["site.db.copying"]);
        var refused = await Assert.ThrowsAsync<CannotStartException>(() => start.MigrateAsync(default));
        Assert.Contains("Check that its disk has room for a copy of it", refused.Message, StringComparison.Ordinal);
        Directory.Delete(state["site.db.copying"]);
        await start.MigrateAsync(default);
        Assert.Single(await new NodeStore(contexts).LoadAsync(default));
    }

    [Fact]
    public async Task Clouds_of_one_database_do_not_see_each_others_records()
    {
        using var state = new StateFolder(folder);
        var (contexts, start) = Open(state);
        await start.MigrateAsync(default);
        var (east, west) = (new CloudStore(contexts, "east"), new CloudStore(contexts, "west"));
        await east.SaveAsync([new(new("vm", "1"), "{}"), new(new("vm", "2"), "{}")], [], default);
        await west.SaveAsync([new(new("vm", "1"), "[]")], [new("vm", "2"), new("host", "none")], default);
        await east.SaveAsync([new(new("vm", "1"), "1")], [], default);
        Assert.Equal(
            [new(new("vm", "1"), "1"), new(new("vm", "2"), "{}")], (await east.LoadAsync(default)).OrderBy(record => record.Key.Id));
        Assert.Equal([new(new("vm", "1"), "[]")], await west.LoadAsync(default));
    }

    /// <summary>The database as the controller opens it.</summary>
    internal static (IDbContextFactory<SiteDbContext> Contexts, DatabaseStart Start) Open(StateFolder state)
    {
        var parts = new ServiceCollection().AddSingleton(state).AddStore(state).BuildServiceProvider();
        return (parts.GetRequiredService<IDbContextFactory<SiteDbContext>>(), parts.GetRequiredService<DatabaseStart>());
    }

    internal static async Task FillAsync(IDbContextFactory<SiteDbContext> contexts)
    {
        await using var context = contexts.CreateDbContext();
        await context.GetService<IMigrator>().MigrateAsync(BeforeRecords);
        await context.Database.ExecuteSqlRawAsync(Rows);
    }
}
