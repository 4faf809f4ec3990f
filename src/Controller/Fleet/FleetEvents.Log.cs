namespace Opportunism.Controller.Fleet;

internal sealed partial class FleetEvents
{
    [LoggerMessage(2010, LogLevel.Information, "Node {Node}: {Sentence}")]
    private partial void NodeNews(string node, string sentence);
}
