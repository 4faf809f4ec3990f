using Microsoft.Extensions.Logging;
using Opportunism.Core;

namespace Opportunism.Hypervisors.Qemu;

public sealed partial class QemuHypervisor
{
    [LoggerMessage(6000, LogLevel.Information, "Guest {Guest} runs as process {Pid} with {Accelerator}")]
    private static partial void LogStarted(ILogger log, GuestId guest, int pid, string accelerator);

    [LoggerMessage(6001, LogLevel.Information, "Guest {Guest} saved in {Milliseconds} ms: {MiB} MiB")]
    private static partial void LogSaved(ILogger log, GuestId guest, long miB, double milliseconds);

    [LoggerMessage(6002, LogLevel.Information, "Guest {Guest} released")]
    private static partial void LogReleased(ILogger log, GuestId guest);

    [LoggerMessage(6003, LogLevel.Information, "Guest {Guest} suspended: {MiB} MiB given back in {Milliseconds} ms")]
    private static partial void LogSuspended(ILogger log, GuestId guest, long miB, double milliseconds);

    [LoggerMessage(6004, LogLevel.Information, "Guest {Guest} resumed in {Milliseconds} ms")]
    private static partial void LogResumed(ILogger log, GuestId guest, double milliseconds);

    [LoggerMessage(6005, LogLevel.Information, "Guest {Guest} stopped")]
    private static partial void LogStopped(ILogger log, GuestId guest);

    [LoggerMessage(6006, LogLevel.Information, "Guest {Guest} deleted")]
    private static partial void LogDeleted(ILogger log, GuestId guest);

    [LoggerMessage(6007, LogLevel.Information, "Guest {Guest} has shut itself down")]
    private static partial void LogShutItselfDown(ILogger log, GuestId guest);

    [LoggerMessage(6008, LogLevel.Warning, "QEMU of guest {Guest} ended unexpectedly (checkpoint complete: {Saved}): {Complaint}")]
    private static partial void LogCrashed(ILogger log, GuestId guest, bool saved, string complaint);

    [LoggerMessage(6009, LogLevel.Warning, "A request about guest {Guest} failed: {Sentence}")]
    private static partial void LogFailed(ILogger log, GuestId guest, string sentence);

    [LoggerMessage(6010, LogLevel.Warning, "Not every guest could be held: {Sentence}")]
    private static partial void LogNotHeld(ILogger log, string sentence);

    [LoggerMessage(6011, LogLevel.Information, "Guest did not shut down within {Seconds} s; killing it: {Sentence}")]
    private static partial void LogNoShutdown(ILogger log, string seconds, string sentence);

    [LoggerMessage(6012, LogLevel.Information, "Guest {Guest} found after a restart: {Phase}")]
    private static partial void LogFound(ILogger log, GuestId guest, string phase);

    [LoggerMessage(6013, LogLevel.Warning, "{Folder} is not a guest; skipped")]
    private static partial void LogForeign(ILogger log, string folder);

    [LoggerMessage(6014, LogLevel.Error, "Guest {Guest} ran although it was held: {Sentence}")]
    private static partial void LogRanWhileHeld(ILogger log, GuestId guest, string sentence);

    [LoggerMessage(6015, LogLevel.Information, "Guest {Guest} loaded in {Milliseconds} ms; held until the node is available")]
    private static partial void LogLoaded(ILogger log, GuestId guest, double milliseconds);

    [LoggerMessage(6016, LogLevel.Information, "Guest {Guest} unloaded: {MiB} MiB given back in {Milliseconds} ms")]
    private static partial void LogUnloaded(ILogger log, GuestId guest, long miB, double milliseconds);

    [LoggerMessage(6017, LogLevel.Error, "Suspended guest {Guest} cannot be resumed: {Sentence}")]
    private static partial void LogUnusable(ILogger log, GuestId guest, string sentence);

    [LoggerMessage(6018, LogLevel.Warning, "Could not remove the folder of a deleted guest: {Why}")]
    private static partial void LogNotDeleted(ILogger log, string why);
}
