namespace Opportunism.Agent.Running;

/// <summary>Threads of their own for what waits in the kernel, so that the runtime's pool sleeps meanwhile.</summary>
internal static class OwnThread
{
    /// <summary>Runs something on a new thread.</summary>
    /// <param name="name">The thread's name, for whoever looks at the process.</param>
    /// <param name="run">Blocks its thread. What it answers is waited for after the thread has ended.</param>
    /// <param name="isBackground">False where the program must not end before it has.</param>
    /// <returns>Done when <paramref name="run"/> and its answer are; failed when one of them has.</returns>
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
