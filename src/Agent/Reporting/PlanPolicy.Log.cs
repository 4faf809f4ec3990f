using Microsoft.Extensions.Logging;

namespace Opportunism.Agent.Reporting;

internal sealed partial class PlanPolicy
{
    [LoggerMessage(1330, LogLevel.Warning, "The site's waiting times cannot be used together with this node's own, which stay as they are: {Problem}")]
    private partial void LogRefused(string problem);
}
