using System.Diagnostics;
using System.Text;

namespace Opportunism.TestKit.Sites;

/// <summary>A program of the product as a process of its own; what it prints is kept.</summary>
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

    /// <summary>Ends when nobody can print any more: the program has ended, and so has everything it started.</summary>
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

    /// <summary>SIGKILL: it has no time for a last word.</summary>
    public void Kill()
    {
        process.Kill();
        // Not its output: a guest that it started may outlive it and hold the pipe.
        process.WaitForExit(TimeSpan.FromSeconds(10));
    }

    /// <summary>Waits until it has ended by itself; false when it has not within the time.</summary>
    public bool EndsWithin(TimeSpan patience) => process.WaitForExit(patience);

    /// <summary>Asks it to end, and kills it when it has not within 20 s.</summary>
    public void Stop()
    {
        // Not waited for yet, so its number is still its own, ended or not.
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
            // Ended with the process.
        }
    }
}
