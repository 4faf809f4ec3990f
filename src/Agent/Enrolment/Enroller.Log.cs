using Microsoft.Extensions.Logging;
using Opportunism.Core;

namespace Opportunism.Agent.Enrolment;

internal sealed partial class Enroller
{
    [LoggerMessage(1310, LogLevel.Information, "Enrolled as node {Node}")]
    private partial void LogEnrolled(NodeId node);
}
