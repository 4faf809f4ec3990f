namespace Opportunism.Core;

/// <summary>The newest value of something that changes, and a way to wait for a newer one.</summary>
/// <remarks>Any thread may read, wait and set. Readers see whole immutable values and may miss ones in between: what counts is the level,
/// not its edges.</remarks>
public sealed class Level<T>(T first)
    where T : class
{
    private readonly Lock gate = new();
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T current = first;

    /// <summary>The newest value; never blocks.</summary>
    public T Current => Volatile.Read(ref current);

    /// <summary>Sets a newer value and wakes all who wait.</summary>
    public void Set(T value)
    {
        TaskCompletionSource wake;
        lock (gate)
        {
            Volatile.Write(ref current, value);
            wake = changed;
            changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        wake.TrySetResult();
    }

    /// <summary>Completes as soon as the current value is another object than <paramref name="seen"/>.</summary>
    public async Task<T> NewerThanAsync(T seen, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task wait;
            lock (gate)
            {
                if (!ReferenceEquals(current, seen)) return current;
                wait = changed.Task;
            }

            await wait.WaitAsync(cancellationToken);
        }
    }
}
