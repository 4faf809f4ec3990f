using System.Diagnostics;
using System.Runtime.Versioning;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.DependencyInjection;
using Opportunism.Contracts.Api;
using Opportunism.Controller.Store;
using Opportunism.Controller.Store.Sqlite;
using Opportunism.Server.State;
using Opportunism.TestKit.Disks;
using Xunit;

namespace Opportunism.SystemTests.Controller;

/// <summary>The real controller opens a large database of a former version, and is killed, or has no room.</summary>
[SupportedOSPlatform("linux")]
public sealed class UpgradeTroubleTests : IDisposable
{
    private const int Vms = 20_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // Every VM is off, so that nothing is to be done for it.
    private static readonly string Rows = $"""
        WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {Vms})
        INSERT INTO vms (Id, Name, Vcpus, MemoryMiB, DiskMiB, ImageSha256, ImageFormat, ImageName, ImageBytes, Policy, Created, Queued,
            Wanted, Generation, Revision, Node, StartedHere, Moving, Terminating, DiskSha256, DiskBytes, StoredSha256, StoredBytes,
            Placements, "End", Ended, Status, Why, Since)
        SELECT printf('%032x', n), 'vm-' || n, 1, 256, 1, printf('%064x', 1), 'Raw', 'mine', 1, 'suspend', 638000000000000000,
            638000000000000000,
            'Stopped', 1, n, NULL, 0, 0, 0, '', 0, '', 0, 0, 'None', NULL, 'Stopped', '', 638000000000000000
        FROM numbers;
        """;

    private readonly string folder = Directory.CreateTempSubdirectory("upgrade-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData(0)]
    [InlineData(50)]
    [InlineData(150)]
    [InlineData(300)]
    [InlineData(500)]
    public async Task Killed_in_the_middle_of_an_upgrade_it_starts_again_with_every_vm(int millisecondsAfterTheCopy)
    {
        await FillAsync(folder);
        using (var first = Start(folder))
        {
            var began = Stopwatch.GetTimestamp();
            while (Directory.GetFiles(folder, "site.db.before-*").Length == 0)
            {
                Assert.False(first.HasExited, "It ended by itself.");
                Assert.True(Stopwatch.GetElapsedTime(began) < Patience, "It made no copy.");
            }

            // The moment itself is what is tried: whether the migration has begun then, or ended, differs from run to run.
            await Task.Delay(
                TimeSpan.FromMilliseconds(millisecondsAfterTheCopy), TimeProvider.System, TestContext.Current.CancellationToken);
            first.Kill();
            await first.WaitForExitAsync();
        }

        using var second = Start(folder);
        try
        {
            Assert.StartsWith(
                "Listening on ", await second.StandardOutput.ReadLineAsync().WaitAsync(Patience), StringComparison.Ordinal);
            using var client = SiteClient.Open(folder);
            Assert.Equal(Vms, (await client.StatusAsync()).Vms);
        }
        finally
        {
            second.Kill();
            await second.WaitForExitAsync();
        }
    }

    [Fact]
    public async Task Without_room_for_the_copy_it_says_so_keeps_nothing_of_it_and_starts_once_there_is_room()
    {
        using var disk = new SmallDisk(64 * 1024);
        await FillAsync(disk.Folder);
        disk.Fill(pagesLeft: 600);
        using (var refused = Start(disk.Folder))
        {
            var error = await refused.StandardError.ReadToEndAsync();
            await refused.WaitForExitAsync();
            Assert.Equal(2, refused.ExitCode);
            Assert.Contains("cannot be opened or upgraded: SQLite Error 13", error, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        }

        Assert.Empty(Directory.GetFiles(disk.Folder, "site.db.copying*"));
        disk.MakeRoom();
        using var started = Start(disk.Folder);
        Assert.StartsWith("Listening on ", await started.StandardOutput.ReadLineAsync().WaitAsync(Patience), StringComparison.Ordinal);
        started.Kill();
        await started.WaitForExitAsync();
    }

    private static async Task FillAsync(string folder)
    {
        using var state = new StateFolder(folder);
        await using var parts = new ServiceCollection().AddSingleton(state).AddStore(state).BuildServiceProvider();
        await using (var context = parts.GetRequiredService<IDbContextFactory<SiteDbContext>>().CreateDbContext())
        {
            await context.GetService<IMigrator>().MigrateAsync("20261122192320_EvictedServers");
            await context.Database.ExecuteSqlRawAsync(Rows);
        }

        SqliteConnection.ClearAllPools();
    }

    private static Process Start(string folder) =>
        Process.Start(ControllerCommand.Of("--state", folder, "--listen", "127.0.0.1:0"))!;
}
