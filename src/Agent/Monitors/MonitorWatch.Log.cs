using Microsoft.Extensions.Logging;

namespace Opportunism.Agent.Monitors;

/// <summary>The log messages of the supervision of monitors.</summary>
internal static partial class MonitorWatchLog
{
    [LoggerMessage(1100, LogLevel.Information, "Monitor {Monitor} sees: {Sight}")]
    public static partial void Sees(ILogger log, string monitor, string sight);

    [LoggerMessage(1101, LogLevel.Warning, "Monitor {Monitor} is blind, so the owner counts as present: {Sight}")]
    public static partial void Blind(ILogger log, string monitor, string sight);

    [LoggerMessage(1102, LogLevel.Error, "Monitor {Monitor} failed; restarting in {Pause}: {Why}")]
    public static partial void Broke(ILogger log, string monitor, TimeSpan pause, string why, Exception? exception);

    [LoggerMessage(1103, LogLevel.Error, "Monitor {Monitor} timed out after {Limit}; treated as blind")]
    public static partial void Hung(ILogger log, string monitor, TimeSpan limit);

    [LoggerMessage(1104, LogLevel.Error, "Could not read the status of monitor {Monitor}: {Why}")]
    public static partial void LookFailed(ILogger log, string monitor, string why, Exception exception);
}
