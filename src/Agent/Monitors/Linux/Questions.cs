using System.Runtime.Versioning;
using Opportunism.Agent.Platform.Linux;

namespace Opportunism.Agent.Monitors.Linux;

/// <summary>Questions put to a monitor's own thread, which alone may touch what it watches.</summary>
/// <remarks>Any thread asks; the monitor's thread waits for <see cref="Wake"/> in poll(2) and answers. It also carries the request to stop.</remarks>
[SupportedOSPlatform("linux")]
internal sealed class Questions
{
    private readonly Lock gate = new();
    private readonly List<TaskCompletionSource<MonitorStatus>> waiting = [];

    /// <summary>Set when there is a question, or when the monitor is to stop.</summary>
    public WakeEvent Wake { get; } = new();

    /// <summary>Asks what the monitor sees; waits until its thread answers or the asker gives up.</summary>
    /// <remarks>Returns at once. With a token that cannot be cancelled nothing but the monitor's thread is woken, now or by the answer.</remarks>
    public Task<MonitorStatus> AskAsync(CancellationToken cancellationToken)
    {
        var question = new TaskCompletionSource<MonitorStatus>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate) waiting.Add(question);
        Wake.Set();
        return cancellationToken.CanBeCanceled ? UntilGivenUpAsync(question, cancellationToken) : question.Task;
    }

    /// <summary>True when somebody waits for an answer.</summary>
    public bool Any
    {
        get
        {
            lock (gate) return waiting.Count > 0;
        }
    }

    /// <summary>Answers everybody who asked until now.</summary>
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
