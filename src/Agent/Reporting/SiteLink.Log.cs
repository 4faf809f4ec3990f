using Microsoft.Extensions.Logging;
using Opportunism.Core;

namespace Opportunism.Agent.Reporting;

internal sealed partial class SiteLink
{
    [LoggerMessage(1320, LogLevel.Information, "Connected to the controller at {Controller} as node {Node}")]
    private partial void LogConnected(Uri controller, NodeId node);

    [LoggerMessage(1321, LogLevel.Warning, "No connection to the controller at {Controller}: {Why}. Trying again in about {Seconds} s; the owner is protected all the same")]
    private partial void LogBroken(Uri controller, string why, double seconds);

    [LoggerMessage(1322, LogLevel.Warning, "The controller speaks version {Theirs} of the contract, this agent version {Ours}: what is new in it is ignored. Update the agent")]
    private partial void LogNewerContract(uint theirs, uint ours);
}
