using Microsoft.Extensions.Logging;

namespace Opportunism.Agent.Conditions;

/// <summary>The log messages of the snooze.</summary>
internal static partial class SnoozeLog
{
    [LoggerMessage(1150, LogLevel.Information, "Snooze by the {Who} set until {Until}")]
    public static partial void Changed(ILogger log, SnoozeBy who, string until);

    [LoggerMessage(
        1151, LogLevel.Error, "The snooze file {Path} cannot be read, so this node lends nothing until a snooze is set or ended: {Why}")]
    public static partial void CannotRead(ILogger log, string path, string why);

    [LoggerMessage(1152, LogLevel.Warning, "The snooze is in force but would not outlive the agent: {Path} cannot be written: {Why}")]
    public static partial void CannotWrite(ILogger log, string path, string why);
}
