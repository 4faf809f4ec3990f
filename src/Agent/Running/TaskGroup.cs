namespace Opportunism.Agent.Running;

/// <summary>Runs tasks as a group: when one fails, the others are cancelled.</summary>
internal static class TaskGroup
{
    /// <summary>How long a cancelled task is awaited at most: longer than a guest's step that has just begun.</summary>
    internal static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(10);

    /// <summary>Runs all of them until all have ended. The first that fails cancels the others, and its error is thrown.</summary>
    /// <param name="parts">Started in this order, each without waiting for the one before.</param>
    /// <param name="time">Clock.</param>
    /// <param name="cancellationToken">Ends all of them.</param>
    public static async Task RunAsync(
        IEnumerable<Func<CancellationToken, Task>> parts, TimeProvider time, CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] running = [.. parts.Select(part => StartAsync(part, end.Token))];
        try
        {
            await foreach (var ended in Task.WhenEach(running)) await ended;
        }
        finally
        {
            await end.CancelAsync();
            await Task.WhenAll(running).WaitAsync(TimeLimit, time, CancellationToken.None)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task StartAsync(Func<CancellationToken, Task> part, CancellationToken cancellationToken) =>
        await part(cancellationToken);
}
