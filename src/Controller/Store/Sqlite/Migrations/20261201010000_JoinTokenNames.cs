using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Opportunism.Controller.Store.Sqlite.Migrations
{
    /// <summary>Binds join tokens to names of nodes.</summary>
    public partial class JoinTokenNames : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(name: "Names", table: "join_tokens", type: "TEXT", nullable: false, defaultValue: "");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(name: "Names", table: "join_tokens");
        }
    }
}
