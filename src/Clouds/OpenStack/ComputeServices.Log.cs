using Microsoft.Extensions.Logging;

namespace Opportunism.Clouds.OpenStack;

internal sealed partial class ComputeServices
{
    [LoggerMessage(5004, LogLevel.Warning, "Node {Node}: Nova stored the service change, but nova-compute on {Host} timed out")]
    private partial void HostDidNotAnswer(string node, string host);
}
