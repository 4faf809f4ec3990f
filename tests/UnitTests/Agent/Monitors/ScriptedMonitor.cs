using Opportunism.Agent.Monitors;

namespace Opportunism.UnitTests.Agent.Monitors;

/// <summary>A monitor that does what the test says.</summary>
internal sealed class ScriptedMonitor(string name) : IActivityMonitor
{
    private readonly TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource run = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Name => name;

    public IActivitySink Sink { get; private set; } = null!;

    public int Starts { get; private set; }

    public Func<CancellationToken, Task<MonitorStatus>> Look { get; set; } = _ => Task.FromResult(Sees(1));

    public static MonitorStatus Sees(int sources) => new(sources, Blind: false, $"{sources} sources", []);

    public static MonitorStatus BlindSight { get; } = new(0, Blind: true, "cannot see", []);

    public async Task WatchAsync(IActivitySink activity, CancellationToken cancellationToken)
    {
        Sink = activity;
        Starts++;
        run = new(TaskCreationOptions.RunContinuationsAsynchronously);
        started.TrySetResult();
        await run.Task.WaitAsync(cancellationToken);
    }

    public Task<MonitorStatus> LookAsync(CancellationToken cancellationToken) => Look(cancellationToken);

    public Task StartedAsync() => started.Task.WaitAsync(TimeSpan.FromMinutes(1));

    public void Break(string why) => run.SetException(new IOException(why));

    public void End() => run.SetResult();
}
