namespace Opportunism.Agent.Running;

/// <summary>Separate threads for code that waits in the kernel, so that the runtime's pool can sleep.</summary>
internal static class OwnThread
{
    /// <summary>Runs something on a new thread.</summary>
    /// <param name="name">The thread's name, shown by process tools.</param>
    /// <param name="run">Blocks its thread. The task that it returns is awaited after the thread has ended.</param>
    /// <param name="isBackground">False when the program must not end before the thread has ended.</param>
    /// <returns>Completes when <paramref name="run"/> and its task have; fails when one of them has failed.</returns>
    public static Task RunAsync(string name, Func<Task> run, bool isBackground = true)
    {
        var ended = new TaskCompletionSource<Task>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            try
            {
                ended.SetResult(run());
            }
            catch (Exception broken)
            {
                ended.SetException(broken);
            }
        })
        { IsBackground = isBackground, Name = name }.Start();
        return ended.Task.Unwrap();
    }
}
