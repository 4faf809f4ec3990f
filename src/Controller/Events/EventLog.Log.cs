namespace Opportunism.Controller.Events;

internal sealed partial class EventLog
{
    [LoggerMessage(2001, LogLevel.Error, "Events could not be stored; they wait in memory and are tried again")]
    private partial void StoreFailed(Exception failure);
}
