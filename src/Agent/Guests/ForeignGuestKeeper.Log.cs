using Microsoft.Extensions.Logging;
using Opportunism.Core;
using Opportunism.Hypervisors;

namespace Opportunism.Agent.Guests;

internal sealed partial class ForeignGuestKeeper
{
    [LoggerMessage(1210, LogLevel.Information, "Protecting the owner from guests of {Hypervisor} {Version}; {Guests} found")]
    private static partial void LogReady(ILogger log, string hypervisor, string version, int guests);

    [LoggerMessage(1211, LogLevel.Information, "{Guests} guests held ({Outcome})")]
    private static partial void LogHeld(ILogger log, int guests, GuestOutcome outcome);

    [LoggerMessage(1212, LogLevel.Warning, "Could not hold the guests; retrying: {Sentence}")]
    private static partial void LogNotHeld(ILogger log, string sentence);

    [LoggerMessage(1213, LogLevel.Warning, "Could not release guest {Guest}; retrying: {Sentence}")]
    private static partial void LogNotReleased(ILogger log, GuestId guest, string sentence);

    [LoggerMessage(1214, LogLevel.Error, "Guest maintenance failed; retrying")]
    private static partial void LogFault(ILogger log, Exception exception);

    [LoggerMessage(1215, LogLevel.Information, "Guest {Guest} may run for {Within} at most, so that its cloud can get it off this node")]
    private static partial void LogLetLeave(ILogger log, GuestId guest, TimeSpan within);
}
