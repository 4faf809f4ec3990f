using Opportunism.Core.Fleet;

namespace Opportunism.Controller.Fleet;

internal sealed partial class FleetNews
{
    [LoggerMessage(2010, LogLevel.Information, "Node {Node}: {Sentence}")]
    private partial void NodeNews(string node, string sentence);

    [LoggerMessage(2011, LogLevel.Information, "VM {Vm} ({Id}) is {Status}")]
    private partial void VmNews(string vm, string id, VmStatus status);
}
