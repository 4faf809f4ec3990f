using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Opportunism.Controller.Store.Sqlite.Migrations
{
    /// <summary>Keeps the kind of each cloud, so that a start notices when the settings no longer fit the records.</summary>
    public partial class Clouds : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "clouds",
                columns: table => new
                {
                    Name = table.Column<string>(type: "TEXT", nullable: false),
                    Kind = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_clouds", x => x.Name);
                });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(name: "clouds");
        }
    }
}
