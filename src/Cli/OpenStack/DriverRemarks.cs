using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;

namespace Opportunism.Cli.OpenStack;

/// <summary>Prints what the driver would write into a controller's log, except events that the commands print themselves.</summary>
internal sealed partial class DriverRemarks(Action<string> print) : ILoggerProvider, ILogger
{
    // Printed by the command itself, together with opening and closing.
    private static readonly HashSet<int> PrintedElsewhere = [5000, 5001];

    public ILogger CreateLogger(string categoryName) =>
        categoryName.StartsWith("Opportunism.", StringComparison.Ordinal)
        ? this
        : Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel) && !PrintedElsewhere.Contains(eventId.Id)) print(WithDashes(formatter(state, exception)));
    }

    /// <summary>Ids of servers in the form of OpenStack's own tools.</summary>
    public static string WithDashes(string text) => Id().Replace(text, id => Guid.ParseExact(id.Value, "N").ToString());

    public void Dispose()
    {
        // There is nothing to dispose.
    }

    [GeneratedRegex(@"\b[0-9a-f]{32}\b")]
    private static partial Regex Id();
}
