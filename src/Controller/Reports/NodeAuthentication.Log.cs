using Grpc.Core;

namespace Opportunism.Controller.Reports;

internal sealed partial class NodeAuthentication
{
    [LoggerMessage(2020, LogLevel.Warning, "{Method} of {Node} at {Peer} was refused: {Status}, {Sentence}")]
    private partial void CallRefused(string method, string node, string peer, StatusCode status, string sentence);

    [LoggerMessage(2021, LogLevel.Error, "{Method} of {Node} failed; it was told to try again")]
    private partial void CallFailed(string method, string node, Exception failure);

    [LoggerMessage(2022, LogLevel.Debug, "{Method} of {Node} ended: {Sentence}")]
    private partial void CallEnded(string method, string node, string sentence);
}
