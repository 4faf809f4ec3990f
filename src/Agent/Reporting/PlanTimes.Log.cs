using Microsoft.Extensions.Logging;

namespace Opportunism.Agent.Reporting;

internal sealed partial class PlanTimes
{
    [LoggerMessage(1330, LogLevel.Warning, "{Problem}")]
    private partial void LogRefused(string problem);
}
