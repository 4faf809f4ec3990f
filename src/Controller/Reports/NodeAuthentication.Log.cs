using Grpc.Core;

namespace Opportunism.Controller.Reports;

internal sealed partial class NodeAuthentication
{
    [LoggerMessage(2020, LogLevel.Warning, "Rejected {Method} from node {Node} at {Peer}: {Status}, {Sentence}")]
    private partial void CallRefused(string method, string node, string peer, StatusCode status, string sentence);

    [LoggerMessage(2021, LogLevel.Error, "{Method} from node {Node} failed; replied \"unavailable, retry\"")]
    private partial void CallFailed(string method, string node, Exception failure);

    [LoggerMessage(2022, LogLevel.Debug, "{Method} from node {Node} ended: {Sentence}")]
    private partial void CallEnded(string method, string node, string sentence);
}
