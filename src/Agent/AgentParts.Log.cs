using Microsoft.Extensions.Logging;

namespace Opportunism.Agent;

internal sealed partial class AgentParts
{
    [LoggerMessage(
        1010, LogLevel.Warning,
        "The agent's memory could not be locked ({Error}), so on a machine that swaps guests may be frozen late. Give the agent "
        + "CAP_IPC_LOCK or LimitMEMLOCK=infinity")]
    private static partial void LogNotLocked(ILogger log, string error);
}
