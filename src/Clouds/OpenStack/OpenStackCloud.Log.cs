using Microsoft.Extensions.Logging;

namespace Opportunism.Clouds.OpenStack;

public sealed partial class OpenStackCloud
{
    [LoggerMessage(5000, LogLevel.Information, "Server {Server} must leave node {Node}: Nova accepted {Action}")]
    private partial void ServerEvicted(string server, string node, string action);

    [LoggerMessage(5001, LogLevel.Information, "Server {Server} goes on by node {Node}: Nova accepted {Action}")]
    private partial void ServerBroughtBack(string server, string node, string action);

    [LoggerMessage(5002, LogLevel.Information, "Server {Server} is {State} by its tenant's wish and is left alone")]
    private partial void TenantTookOver(string server, string state);

    [LoggerMessage(5003, LogLevel.Warning, "Server {Server} could not be marked as evicted; only the store knows: {Why}")]
    private partial void NotMarked(string server, string why);

    [LoggerMessage(5004, LogLevel.Warning, "Node {Node}: Nova made the change, but nova-compute on {Host} did not answer it in time")]
    private partial void HostDidNotAnswer(string node, string host);

    [LoggerMessage(5005, LogLevel.Warning, "Server {Server} of the lost node {Node} is built anew elsewhere")]
    private partial void ServerEvacuated(string server, string node);
}
