using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Opportunism.Controller.Store.Sqlite.Migrations
{
    /// <summary>Gives every node a cloud, and keeps what clouds must not forget as records that only they read, instead of tables of each kind of cloud.</summary>
    public partial class CloudRecords : Migration
    {
        // Names of members are those of the records that the clouds read; times stay UTC ticks.
        private const string Vms = """
            INSERT INTO cloud_records (Cloud, Kind, Id, Json)
            SELECT 'embedded', 'vm', Id, json_object(
                'Id', Id, 'Name', Name, 'Vcpus', Vcpus, 'MemoryMiB', MemoryMiB, 'DiskMiB', DiskMiB, 'ImageSha256', ImageSha256,
                'ImageFormat', ImageFormat, 'ImageName', ImageName, 'ImageBytes', ImageBytes, 'Policy', Policy, 'Created', Created,
                'Queued', Queued, 'Wanted', Wanted, 'Generation', Generation, 'Revision', Revision, 'Node', Node,
                'StartedHere', json(iif(StartedHere, 'true', 'false')), 'Moving', json(iif(Moving, 'true', 'false')),
                'Terminating', json(iif(Terminating, 'true', 'false')), 'DiskSha256', DiskSha256, 'DiskBytes', DiskBytes,
                'StoredSha256', StoredSha256, 'StoredBytes', StoredBytes, 'Placements', Placements, 'End', "End", 'Ended', Ended,
                'Status', Status, 'Why', Why, 'Since', Since)
            FROM vms;
            """;

        private const string Leftovers = """
            INSERT INTO cloud_records (Cloud, Kind, Id, Json)
            SELECT 'embedded', 'leftover', GuestId || '/' || Node, json_object(
                'GuestId', GuestId, 'Node', Node, 'Revision', Revision, 'Generation', Generation,
                'MayRun', json(iif(MayRun, 'true', 'false')), 'Name', Name, 'Vcpus', Vcpus, 'MemoryMiB', MemoryMiB,
                'DiskMiB', DiskMiB, 'ImageSha256', ImageSha256, 'ImageFormat', ImageFormat)
            FROM leftovers;
            """;

        private const string Hosts = """
            INSERT INTO cloud_records (Cloud, Kind, Id, Json)
            SELECT 'embedded', 'host', Node, json_object('Node', Node, 'Open', json(iif("Open", 'true', 'false')))
            FROM hosts;
            """;

        private const string EvictedServers = """
            INSERT INTO cloud_records (Cloud, Kind, Id, Json)
            SELECT 'openstack', 'evicted', Guest, json_object(
                'Guest', Guest, 'Node', Node, 'Action', "Action", 'Since', Since, 'Attempts', Attempts, 'Returns', Returns,
                'Returning', json(iif("Returning", 'true', 'false')), 'NotBefore', NotBefore)
            FROM evicted_servers;
            """;

        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(name: "Cloud", table: "nodes", type: "TEXT", nullable: false, defaultValue: "");
            migrationBuilder.AddColumn<string>(name: "Cloud", table: "join_tokens", type: "TEXT", nullable: false, defaultValue: "");
            migrationBuilder.CreateTable(
                name: "cloud_records",
                columns: table => new
                {
                    Cloud = table.Column<string>(type: "TEXT", nullable: false),
                    Kind = table.Column<string>(type: "TEXT", nullable: false),
                    Id = table.Column<string>(type: "TEXT", nullable: false),
                    Json = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_cloud_records", x => new { x.Cloud, x.Kind, x.Id });
                });
            foreach (var sql in new[] { Vms, Leftovers, Hosts, EvictedServers }) migrationBuilder.Sql(sql);
            foreach (var table in new[] { "vms", "leftovers", "hosts", "evicted_servers" }) migrationBuilder.DropTable(name: table);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            throw new NotSupportedException("The tables before this version cannot be made again; restore site.db from the copy that was made before the upgrade.");
        }
    }
}
