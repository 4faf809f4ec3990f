using Microsoft.Extensions.Logging;
using Opportunism.Core;

namespace Opportunism.Hypervisors.Libvirt;

internal sealed partial class DomainHolder
{
    [LoggerMessage(6101, LogLevel.Information, "Domain {Guest} released in libvirt")]
    private static partial void LogReleased(ILogger log, GuestId guest);
}
