using Opportunism.Core.Fleet;

namespace Opportunism.Controller.Tenants;

internal sealed partial class GuestEvents
{
    [LoggerMessage(2011, LogLevel.Information, "VM {Vm} ({Id}) is {Status}")]
    private partial void VmNews(string vm, string id, VmStatus status);
}
