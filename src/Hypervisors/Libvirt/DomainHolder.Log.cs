using Microsoft.Extensions.Logging;
using Opportunism.Core;

namespace Opportunism.Hypervisors.Libvirt;

internal sealed partial class DomainHolder
{
    [LoggerMessage(6100, LogLevel.Warning, "Not every domain could be held through libvirt: {Sentence}")]
    private static partial void LogNotHeld(ILogger log, string sentence);

    [LoggerMessage(6101, LogLevel.Information, "Domain {Guest} goes on in libvirt")]
    private static partial void LogReleased(ILogger log, GuestId guest);
}
