using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Opportunism.Server.Store;

/// <summary>Makes SQLite itself wait until another writer has finished. The driver's own retries do not cover statements that return
/// rows.</summary>
internal sealed class SqliteBusyWait : DbConnectionInterceptor
{
    // Writers take milliseconds; a wait this long means that a disk hangs.
    private const string Pragma = "PRAGMA busy_timeout = 30000;";

    public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData)
    {
        using var command = connection.CreateCommand();
        command.CommandText = Pragma;
        command.ExecuteNonQuery();
    }

    public override async Task ConnectionOpenedAsync(
        DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = Pragma;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
