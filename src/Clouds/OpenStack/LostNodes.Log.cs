using Microsoft.Extensions.Logging;

namespace Opportunism.Clouds.OpenStack;

internal sealed partial class LostNodes
{
    [LoggerMessage(5005, LogLevel.Warning, "Evacuating server {Server} of lost node {Node}")]
    private partial void ServerEvacuated(string server, string node);
}
