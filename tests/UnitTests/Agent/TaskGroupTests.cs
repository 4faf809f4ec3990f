using Microsoft.Extensions.Time.Testing;
using Opportunism.Agent.Running;
using Xunit;

namespace Opportunism.UnitTests.Agent;

public sealed class TaskGroupTests : IDisposable
{
    private static readonly TimeSpan TimeLimit = TimeSpan.FromMinutes(1);

    private readonly FakeTimeProvider time = new();
    private readonly CancellationTokenSource stop = new();
    private bool otherEnded;

    [Fact]
    public async Task One_that_fails_ends_the_others_and_its_error_is_told()
    {
        var failure = new TaskCompletionSource();
        var running = TaskGroup.RunAsync([UntilToldAsync, _ => failure.Task], time, stop.Token);
        Assert.False(running.IsCompleted);

        failure.SetException(new IOException("broken"));

        Assert.Equal("broken", (await Assert.ThrowsAsync<IOException>(() => running.WaitAsync(TimeLimit))).Message);
        Assert.True(otherEnded);
    }

    [Fact]
    public async Task One_that_cannot_even_begin_ends_the_others_too()
    {
        var running = TaskGroup.RunAsync([UntilToldAsync, _ => throw new IOException("no room")], time, stop.Token);

        Assert.Equal("no room", (await Assert.ThrowsAsync<IOException>(() => running.WaitAsync(TimeLimit))).Message);
        Assert.True(otherEnded);
    }

    [Fact]
    public async Task One_that_ends_well_ends_none_of_the_others()
    {
        var other = new TaskCompletionSource();
        var running = TaskGroup.RunAsync([_ => Task.CompletedTask, _ => other.Task], time, stop.Token);
        Assert.False(running.IsCompleted);

        other.SetResult();

        await running.WaitAsync(TimeLimit);
    }

    [Fact]
    public async Task All_end_when_told()
    {
        var running = TaskGroup.RunAsync([UntilToldAsync], time, stop.Token);

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.WaitAsync(TimeLimit));
        Assert.True(otherEnded);
    }

    [Fact]
    public async Task One_that_does_not_end_when_told_is_not_waited_for_without_limit()
    {
        var running = TaskGroup.RunAsync(
            [_ => new TaskCompletionSource().Task, _ => Task.FromException(new IOException("broken"))], time, stop.Token);
        Assert.False(running.IsCompleted);

        var began = TimeProvider.System.GetTimestamp();
        while (!running.IsCompleted && TimeProvider.System.GetElapsedTime(began) < TimeLimit)
        {
            time.Advance(TaskGroup.TimeLimit);
            await Task.Yield();
        }

        await Assert.ThrowsAsync<IOException>(() => running.WaitAsync(TimeLimit));
    }

    public void Dispose() => stop.Dispose();

    private async Task UntilToldAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken);
        }
        finally
        {
            otherEnded = true;
        }
    }
}
