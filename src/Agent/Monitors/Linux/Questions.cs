using System.Runtime.Versioning;
using Opportunism.Agent.Platform.Linux.Kernel;

namespace Opportunism.Agent.Monitors.Linux;

/// <summary>Queries for a monitor's own thread, since only that thread may use what it watches.</summary>
/// <remarks>Any thread queries; the monitor's thread waits for <see cref="Wake"/> in poll(2) and replies. It also carries the request to
/// end.</remarks>
[SupportedOSPlatform("linux")]
internal sealed class Questions
{
    private readonly Lock gate = new();
    private readonly List<TaskCompletionSource<MonitorStatus>> waiting = [];

    /// <summary>Set when there is a query, or when the monitor is to end.</summary>
    public WakeEvent Wake { get; } = new();

    /// <summary>Queries what the monitor sees; completes when its thread replies or the caller cancels.</summary>
    /// <remarks>Returns at once. With a token that cannot be cancelled only the monitor's thread is woken, now or by the reply.</remarks>
    public Task<MonitorStatus> AskAsync(CancellationToken cancellationToken)
    {
        var question = new TaskCompletionSource<MonitorStatus>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate) waiting.Add(question);
        Wake.Set();
        return cancellationToken.CanBeCanceled ? UntilGivenUpAsync(question, cancellationToken) : question.Task;
    }

    /// <summary>True when a caller waits for a reply.</summary>
    public bool Any
    {
        get
        {
            lock (gate) return waiting.Count > 0;
        }
    }

    /// <summary>Replies to every caller so far.</summary>
    public void Answer(MonitorStatus sight)
    {
        lock (gate)
        {
            foreach (var question in waiting) question.TrySetResult(sight);
            waiting.Clear();
        }
    }

    private async Task<MonitorStatus> UntilGivenUpAsync(TaskCompletionSource<MonitorStatus> question, CancellationToken cancellationToken)
    {
        try
        {
            return await question.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            lock (gate) waiting.Remove(question);
        }
    }
}
