using Microsoft.Extensions.Logging;
using Opportunism.Core;

namespace Opportunism.Agent.Enrolment;

internal sealed partial class Enroller
{
    [LoggerMessage(1310, LogLevel.Information, "Enrolled as node {Node}")]
    private partial void LogEnrolled(NodeId node);

    [LoggerMessage(
        1311, LogLevel.Warning,
        "Enrolled as {Node} already: the join token in {File} is not used. Delete it; to enrol again, delete {Identity} and restart the "
            + "agent")]
    private partial void LogTokenUnused(NodeId node, string file, string identity);

    [LoggerMessage(
        1312, LogLevel.Warning, "Not enrolled: there is no join token in '{File}', which [Site] JoinTokenFile names; waiting for one")]
    private partial void LogNoToken(string file);
}
