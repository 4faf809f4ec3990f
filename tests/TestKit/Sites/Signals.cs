using System.Runtime.InteropServices;

namespace Opportunism.TestKit.Sites;

/// <summary>Sends signals to processes that a test started, by a system call: a small system has no program for that.</summary>
public static partial class Signals
{
    // man 7 signal
    private const int Terminate = 15, Continue = 18, Stop = 19;

    // man 2 kill: ESRCH. A process that has ended meanwhile needs no signal.
    private const int NoSuchProcess = 3;

    /// <summary>Sends SIGTERM.</summary>
    public static void AskToEnd(int process) => Send(process, Terminate);

    /// <summary>Sends SIGSTOP.</summary>
    public static void StandStill(int process) => Send(process, Stop);

    /// <summary>Sends SIGCONT.</summary>
    public static void GoOn(int process) => Send(process, Continue);

    private static void Send(int process, int signal)
    {
        if (Kill(process, signal) != 0 && Marshal.GetLastPInvokeError() != NoSuchProcess)
            throw new InvalidOperationException(
                $"Signal {signal} could not be sent to process {process}: error {Marshal.GetLastPInvokeError()}.");
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);
}
