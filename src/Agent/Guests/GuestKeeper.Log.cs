using Microsoft.Extensions.Logging;
using Opportunism.Core;
using Opportunism.Hypervisors;

namespace Opportunism.Agent.Guests;

internal sealed partial class GuestKeeper
{
    [LoggerMessage(1200, LogLevel.Information, "Guests run by {Hypervisor} {Version} with {Accelerator}; {Guests} found")]
    private static partial void LogReady(ILogger log, string hypervisor, string version, string accelerator, int guests);

    [LoggerMessage(1201, LogLevel.Information, "{Step} done for guest {Guest}")]
    private static partial void LogDone(ILogger log, GuestStep step, GuestId guest);

    [LoggerMessage(1202, LogLevel.Warning, "{Step} for guest {Guest} failed {Failed} times: {Sentence}")]
    private static partial void LogNotDone(ILogger log, GuestStep step, GuestId guest, int failed, string sentence);

    [LoggerMessage(1203, LogLevel.Warning, "Part of the plan was rejected: {Sentence}")]
    private static partial void LogRefused(ILogger log, string sentence);

    [LoggerMessage(1204, LogLevel.Information, "{Guests} guests held ({Outcome}) {Sentence}")]
    private static partial void LogHeld(ILogger log, int guests, GuestOutcome outcome, string sentence);

    [LoggerMessage(1205, LogLevel.Warning, "Guest {Guest} crashed, {Failed} times in a row: {Sentence}")]
    private static partial void LogCrashed(ILogger log, GuestId guest, int failed, string sentence);

    [LoggerMessage(1207, LogLevel.Warning, "{Sentence}; retrying each second")]
    private static partial void LogNotStored(ILogger log, string sentence);

    [LoggerMessage(1208, LogLevel.Information, "The plan and the fates of guests are stored")]
    private static partial void LogStored(ILogger log);

    [LoggerMessage(1206, LogLevel.Error, "Guest maintenance failed; retrying")]
    private static partial void LogFault(ILogger log, Exception exception);
}
