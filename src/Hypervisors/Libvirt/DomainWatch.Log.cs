using Microsoft.Extensions.Logging;
using Opportunism.Core;

namespace Opportunism.Hypervisors.Libvirt;

internal sealed partial class DomainWatch
{
    [LoggerMessage(6110, LogLevel.Information, "Domain {Guest} found in libvirt as process {Pid}: {State}")]
    private static partial void LogFound(ILogger log, GuestId guest, int pid, string state);

    [LoggerMessage(6111, LogLevel.Information, "Domain {Guest} is no longer in memory")]
    private static partial void LogGone(ILogger log, GuestId guest);

    [LoggerMessage(
        6112, LogLevel.Error, "Domain {Guest} (process {Pid}) could not be taken into the guests' cgroup; it is halted by signals instead")]
    private static partial void LogNotJoined(ILogger log, GuestId guest, int pid);

    [LoggerMessage(6113, LogLevel.Error, "The domain that {Path} describes is not protected, since the file cannot be read: {Why}")]
    private static partial void LogUnreadable(ILogger log, string path, string why);

    [LoggerMessage(6114, LogLevel.Error, "Could not list libvirt domains; retrying")]
    private static partial void LogFault(ILogger log, Exception exception);
}
