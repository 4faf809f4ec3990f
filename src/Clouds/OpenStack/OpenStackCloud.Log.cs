using Microsoft.Extensions.Logging;

namespace Opportunism.Clouds.OpenStack;

public sealed partial class OpenStackCloud
{
    [LoggerMessage(5000, LogLevel.Information, "Evicting server {Server} from node {Node}: Nova accepted {Action}")]
    private partial void ServerEvicted(string server, string node, string action);

    [LoggerMessage(5001, LogLevel.Information, "Server {Server} brought back on node {Node}: Nova accepted {Action}")]
    private partial void ServerBroughtBack(string server, string node, string action);

    [LoggerMessage(5002, LogLevel.Information, "Server {Server} was set to {State} by its tenant; skipped")]
    private partial void TenantTookOver(string server, string state);

    [LoggerMessage(5003, LogLevel.Warning, "Server {Server} could not be marked as evicted; only the store knows: {Why}")]
    private partial void NotMarked(string server, string why);

    [LoggerMessage(5004, LogLevel.Warning, "Node {Node}: Nova stored the service change, but nova-compute on {Host} timed out")]
    private partial void HostDidNotAnswer(string node, string host);

    [LoggerMessage(5005, LogLevel.Warning, "Evacuating server {Server} of lost node {Node}")]
    private partial void ServerEvacuated(string server, string node);
}
