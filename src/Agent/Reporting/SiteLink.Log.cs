using Microsoft.Extensions.Logging;
using Opportunism.Core;

namespace Opportunism.Agent.Reporting;

internal sealed partial class SiteLink
{
    [LoggerMessage(1320, LogLevel.Information, "Connected to the controller at {Controller} as node {Node}")]
    private partial void LogConnected(Uri controller, NodeId node);

    [LoggerMessage(
        1321, LogLevel.Warning,
        "Not connected to the controller {Controller}: {Why}. Retrying in about {Seconds} s; guests are frozen without it too")]
    private partial void LogBroken(Uri controller, string why, double seconds);

    [LoggerMessage(
        1322, LogLevel.Warning,
        "The controller uses contract version {Theirs}, this agent {Ours}; newer fields are ignored. Update the agent")]
    private partial void LogNewerContract(uint theirs, uint ours);
}
