using Opportunism.Clouds;

namespace Opportunism.Controller.CloudActions;

internal sealed partial class CloudActionWorker
{
    [LoggerMessage(2030, LogLevel.Debug, "Node {Node}: {Action}: {Outcome} {Sentence}")]
    private partial void ActionAnswered(string node, string action, CloudOutcome outcome, string sentence);

    [LoggerMessage(2031, LogLevel.Warning, "Node {Node}: cloud action pending: {Why}")]
    private partial void ActionWaits(string node, string why);

    [LoggerMessage(2032, LogLevel.Error, "Node {Node}: cloud driver failed; retrying")]
    private partial void WorkerFailed(string node, Exception failure);
}
