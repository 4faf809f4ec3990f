using Microsoft.Extensions.Logging;

namespace Opportunism.Agent.LocalSocket;

internal sealed partial class LocalSocketListener
{
    [LoggerMessage(1300, LogLevel.Debug, "A local request ended without a reply: {Why}")]
    private partial void LogBroken(string why);
}
