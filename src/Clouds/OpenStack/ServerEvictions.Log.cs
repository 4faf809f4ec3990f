using Microsoft.Extensions.Logging;

namespace Opportunism.Clouds.OpenStack;

internal sealed partial class ServerEvictions
{
    [LoggerMessage(5000, LogLevel.Information, "Evicting server {Server} from node {Node}: Nova accepted {Action}")]
    private partial void ServerEvicted(string server, string node, string action);

    [LoggerMessage(5001, LogLevel.Information, "Server {Server} brought back on node {Node}: Nova accepted {Action}")]
    private partial void ServerBroughtBack(string server, string node, string action);

    [LoggerMessage(5002, LogLevel.Information, "Server {Server} was set to {State} by its tenant; skipped")]
    private partial void TenantTookOver(string server, string state);

    [LoggerMessage(5003, LogLevel.Warning, "Server {Server} could not be marked as evicted; only the store has it: {Why}")]
    private partial void NotMarked(string server, string why);
}
