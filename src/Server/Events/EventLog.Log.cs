using Microsoft.Extensions.Logging;

namespace Opportunism.Server.Events;

public sealed partial class EventLog
{
    [LoggerMessage(2001, LogLevel.Error, "Could not store events; keeping them in memory and retrying in 1 s")]
    private partial void StoreFailed(Exception failure);
}
