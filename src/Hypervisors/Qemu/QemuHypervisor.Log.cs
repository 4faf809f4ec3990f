using Microsoft.Extensions.Logging;
using Opportunism.Core;

namespace Opportunism.Hypervisors.Qemu;

internal static partial class QemuHypervisorLog
{
    [LoggerMessage(6000, LogLevel.Information, "Guest {Guest} runs as process {Pid} with {Accelerator}")]
    public static partial void LogStarted(ILogger log, GuestId guest, int pid, string accelerator);

    [LoggerMessage(6001, LogLevel.Information, "Guest {Guest} saved in {Milliseconds} ms: {MiB} MiB")]
    public static partial void LogSaved(ILogger log, GuestId guest, long miB, double milliseconds);

    [LoggerMessage(6002, LogLevel.Information, "Guest {Guest} released")]
    public static partial void LogReleased(ILogger log, GuestId guest);

    [LoggerMessage(6003, LogLevel.Information, "Guest {Guest} suspended: {MiB} MiB given back in {Milliseconds} ms")]
    public static partial void LogSuspended(ILogger log, GuestId guest, long miB, double milliseconds);

    [LoggerMessage(6004, LogLevel.Information, "Guest {Guest} resumed in {Milliseconds} ms")]
    public static partial void LogResumed(ILogger log, GuestId guest, double milliseconds);

    [LoggerMessage(6005, LogLevel.Information, "Guest {Guest} stopped")]
    public static partial void LogStopped(ILogger log, GuestId guest);

    [LoggerMessage(6006, LogLevel.Information, "Guest {Guest} deleted")]
    public static partial void LogDeleted(ILogger log, GuestId guest);

    [LoggerMessage(6007, LogLevel.Information, "Guest {Guest} has shut itself down")]
    public static partial void LogShutItselfDown(ILogger log, GuestId guest);

    [LoggerMessage(6008, LogLevel.Warning, "QEMU of guest {Guest} ended unexpectedly (checkpoint complete: {Saved}): {Complaint}")]
    public static partial void LogCrashed(ILogger log, GuestId guest, bool saved, string complaint);

    [LoggerMessage(6009, LogLevel.Warning, "A request about guest {Guest} failed: {Sentence}")]
    public static partial void LogFailed(ILogger log, GuestId guest, string sentence);

    [LoggerMessage(6010, LogLevel.Warning, "Not every guest could be held: {Sentence}")]
    public static partial void LogNotHeld(ILogger log, string sentence);

    [LoggerMessage(6011, LogLevel.Information, "Guest did not shut down within {Seconds} s; killing it: {Sentence}")]
    public static partial void LogNoShutdown(ILogger log, string seconds, string sentence);

    [LoggerMessage(6012, LogLevel.Information, "Guest {Guest} found after a restart: {Phase}")]
    public static partial void LogFound(ILogger log, GuestId guest, string phase);

    [LoggerMessage(6013, LogLevel.Warning, "{Folder} is not a guest; skipped")]
    public static partial void LogForeign(ILogger log, string folder);

    [LoggerMessage(6014, LogLevel.Error, "Guest {Guest} ran although it was held: {Sentence}")]
    public static partial void LogRanWhileHeld(ILogger log, GuestId guest, string sentence);

    [LoggerMessage(6015, LogLevel.Information, "Guest {Guest} loaded in {Milliseconds} ms; held until the node is available")]
    public static partial void LogLoaded(ILogger log, GuestId guest, double milliseconds);

    [LoggerMessage(6016, LogLevel.Information, "Guest {Guest} unloaded: {MiB} MiB given back in {Milliseconds} ms")]
    public static partial void LogUnloaded(ILogger log, GuestId guest, long miB, double milliseconds);

    [LoggerMessage(6017, LogLevel.Error, "Suspended guest {Guest} cannot be resumed: {Sentence}")]
    public static partial void LogUnusable(ILogger log, GuestId guest, string sentence);

    [LoggerMessage(6018, LogLevel.Warning, "Could not remove the folder of a deleted guest: {Why}")]
    public static partial void LogNotDeleted(ILogger log, string why);
}
