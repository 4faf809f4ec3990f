namespace Opportunism.Controller.Events;

internal sealed partial class EventLog
{
    [LoggerMessage(2001, LogLevel.Error, "Could not store events; keeping them in memory and retrying in 1 s")]
    private partial void StoreFailed(Exception failure);
}
