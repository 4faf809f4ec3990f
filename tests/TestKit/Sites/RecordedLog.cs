using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Opportunism.TestKit.Sites;

/// <summary>Keeps every log line, for tests of what must and must not be logged.</summary>
public sealed class RecordedLog : ILoggerProvider
{
    private readonly ConcurrentQueue<Line> lines = new();

    /// <summary>One line.</summary>
    public sealed record Line(LogLevel Level, int Id, string Category, string Text);

    /// <summary>Every line so far.</summary>
    public IReadOnlyList<Line> Lines => [.. lines];

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new Recorder(this, categoryName);

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private sealed class Recorder(RecordedLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            log.lines.Enqueue(new(logLevel, eventId.Id, category, $"{formatter(state, exception)} {exception}".TrimEnd()));
    }
}
