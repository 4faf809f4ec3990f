using System.Diagnostics;
using System.Text;

namespace Opportunism.TestKit.Sites;

/// <summary>A program of the product as a process of its own; its output is kept.</summary>
public sealed class RealProgram : IAsyncDisposable
{
    private readonly Process process;
    private readonly StringBuilder said = new();

    private RealProgram(string name, Process process)
    {
        (Name, this.process) = (name, process);
        Reading = Task.WhenAll(KeepAsync(process.StandardOutput), KeepAsync(process.StandardError));
    }

    public string Name { get; }

    /// <summary>The id of its process.</summary>
    public int Id => process.Id;

    public bool HasExited => process.HasExited;

    public int ExitCode => process.ExitCode;

    /// <summary>Everything it has printed.</summary>
    public string Said
    {
        get
        {
            lock (said) return said.ToString();
        }
    }

    /// <summary>Completes when no process has the output open any more: the program has ended, and so has everything that it
    /// started.</summary>
    public Task Reading { get; }

    /// <summary>Starts a published program.</summary>
    public static RealProgram Start(string name, string path, params IEnumerable<string> arguments)
    {
        if (!File.Exists(path)) throw new InvalidOperationException($"{path} is missing; './opportunism test' publishes it.");
        var start = new ProcessStartInfo(path, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        var process = Process.Start(start) ?? throw new InvalidOperationException($"{path} did not start.");
        process.StandardInput.Close();
        return new(name, process);
    }

    /// <summary>SIGKILL: it cannot finish anything.</summary>
    public void Kill()
    {
        process.Kill();
        // Does not wait for the end of its output: a guest that it started may outlive it and keep the pipe open.
        process.WaitForExit(TimeSpan.FromSeconds(10));
    }

    /// <summary>Waits until it has ended by itself; false when it has not within the time.</summary>
    public bool EndsWithin(TimeSpan patience) => process.WaitForExit(patience);

    /// <summary>Sends SIGTERM, and kills it when it still runs after 20 s.</summary>
    public void Stop()
    {
        // The process has not been reaped, so its id is not used by another one, whether it has ended or not.
        if (!process.HasExited) Signals.AskToEnd(process.Id);
        if (!process.WaitForExit(TimeSpan.FromSeconds(20))) Kill();
    }

    /// <summary>Its last lines.</summary>
    public string Tail(int lines = 40) => string.Join('\n', Said.TrimEnd().Split('\n').TakeLast(lines));

    public ValueTask DisposeAsync()
    {
        if (!process.HasExited) Kill();
        process.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task KeepAsync(StreamReader from)
    {
        try
        {
            while (await from.ReadLineAsync() is { } line)
            {
                lock (said) said.AppendLine(line);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The pipe was closed when the process ended.
        }
    }
}
