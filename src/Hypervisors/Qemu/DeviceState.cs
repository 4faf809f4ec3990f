using System.Runtime.Versioning;
using System.Text.Json;
using Opportunism.Hypervisors.Qemu.Qmp;

namespace Opportunism.Hypervisors.Qemu;

/// <summary>Queries QEMU how far it is with saving device state: the agent's own record may be of an earlier hold or an earlier
/// agent.</summary>
[SupportedOSPlatform("linux")]
internal static class DeviceState
{
    /// <summary>What QEMU reports now, and, if it could not save, why.</summary>
    /// <exception cref="QmpException">QEMU does not reply.</exception>
    public static async Task<(DeviceStateSave State, string Why)> LookAsync(QemuProcess process, CancellationToken cancellationToken)
    {
        // In this order: it may finish between the two. "completed" alone proves nothing, since QEMU keeps it from an earlier hold and from
        // loading.
        var migration = await AskAsync(process, "query-migrate", cancellationToken);
        var run = await AskAsync(process, "query-status", cancellationToken);
        return (QmpLine.TextOf(run, "status"u8), QmpLine.TextOf(migration, "status"u8)) switch
        {
            ("postmigrate", _) => (DeviceStateSave.Done, ""),
            ("finish-migrate", _) => (DeviceStateSave.Asked, ""),
            (_, "setup" or "active" or "device" or "pre-switchover" or "wait-unplug" or "cancelling") => (DeviceStateSave.Asked, ""),
            (_, var status) => (DeviceStateSave.NotAsked,
            QmpLine.TextOf(migration, "error-desc"u8) is { Length: > 0 } why ? why : status.Length > 0 ? status : "it has not begun"),
        };
    }

    private static Task<JsonElement> AskAsync(QemuProcess process, string question, CancellationToken cancellationToken) =>
        process.Qmp!.ExecuteAsync(question, GuestProcesses.ReplyLimit, cancellationToken);
}
