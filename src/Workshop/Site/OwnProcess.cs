using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text;
using Opportunism.Workshop.Linux;

namespace Opportunism.Workshop.Site;

/// <summary>A process that this program started, that writes to a log file, and that this program ends.</summary>
[SupportedOSPlatform("linux")]
internal sealed class OwnProcess : IAsyncDisposable
{
    // Exit codes of the controller for wrong settings, and for a port or a folder in use (docs/operating/command-line.md).
    private const int RefusedSettings = 2, RefusedToStart = 3;

    // .NET adds this to the number of the signal that ended a process, as shells do (man 1 bash, EXIT STATUS; man 7 signal).
    private const int SignalBase = 128;

    private readonly Process process;
    private readonly Task copying;
    private readonly long logBegin;

    private OwnProcess(string name, Process process, string logPath)
    {
        (Name, this.process, LogPath, Ended) = (name, process, logPath, process.WaitForExitAsync());
        logBegin = File.Exists(logPath) ? new FileInfo(logPath).Length : 0;
        copying = CopyAsync(logPath);
    }

    public string Name { get; }

    public int Id => process.Id;

    public string LogPath { get; }

    public bool HasExited => process.HasExited;

    /// <summary>Completes when it has ended.</summary>
    public Task Ended { get; }

    /// <summary>The signal with which another program ended it (HUP, INT, KILL, TERM); null while it runs, or when it ended in another way.
    /// A crash is a signal too, but leaves the reason in the log.</summary>
    public int? EndedBySignal =>
        process.HasExited && process.ExitCode - SignalBase is var signal and (1 or 2 or Libc.SigKill or Libc.SigTerm) ? signal : null;

    /// <summary>Starts a program; its output goes to <c>NAME.log</c> in the folder.</summary>
    /// <exception cref="IOException">It could not be started.</exception>
    public static OwnProcess Start(
        string name, string program, IEnumerable<string> arguments, string logFolder,
        IReadOnlyDictionary<string, string>? environment = null)
    {
        Directory.CreateDirectory(logFolder);
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        foreach (var (key, value) in environment ?? new Dictionary<string, string>()) start.Environment[key] = value;
        try
        {
            var process = Process.Start(start) ?? throw new IOException($"{program} could not be started.");
            process.StandardInput.Close();
            return new(name, process, Path.Combine(logFolder, name + ".log"));
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new IOException($"{program} could not be started: {e.Message}.", e);
        }
    }

    /// <summary>Sends SIGTERM and waits; kills it when it still runs after <paramref name="patience"/>. Returns whether it ended by itself
    /// and without an error.</summary>
    public async Task<bool> StopAsync(TimeSpan patience, TimeProvider time)
    {
        if (!process.HasExited) _ = Libc.Kill(process.Id, Libc.SigTerm);
        using var limit = new CancellationTokenSource(patience, time);
        try
        {
            await process.WaitForExitAsync(limit.Token);
            await copying;
            return process.ExitCode == 0;
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
            return false;
        }
    }

    /// <summary>Why it has ended: its own output where it refused to start, which is a sentence for the user; else the end of its
    /// log.</summary>
    public async Task<string> WhyEndedAsync(string when)
    {
        // Guests that it started may outlive it and keep its output open.
        await Task.WhenAny(copying, Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System));
        if (EndedBySignal is { } signal) return $"The {Name} was ended by signal {signal} {when}. Its log is {LogPath}.";
        return process.ExitCode is RefusedSettings or RefusedToStart && LogTail() is { Length: > 0 } words
            ? words
            : $"The {Name} ended {when}. The end of {LogPath}:\n{LogTail()}";
    }

    /// <summary>The end of its output in the log, for a message about why it failed; without the output of earlier processes.</summary>
    public string LogTail(int lines = 15)
    {
        if (!File.Exists(LogPath)) return "";
        using var file = new FileStream(LogPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        file.Position = logBegin;
        using var reader = new StreamReader(file);
        return string.Join('\n', reader.ReadToEnd().TrimEnd('\n').Split('\n').TakeLast(lines));
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Kill();
            await process.WaitForExitAsync();
        }

        await copying.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        process.Dispose();
    }

    private async Task CopyAsync(string path)
    {
        // Without buffers: a failed write would be repeated when the file is closed, and fail there.
        await using var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        var gate = new Lock();
        async Task Lines(StreamReader from)
        {
            while (await from.ReadLineAsync() is { } line)
            {
                try
                {
                    lock (gate) file.Write(Encoding.UTF8.GetBytes(line + "\n"));
                }
                catch (IOException)
                {
                    // The disk is full: this line is dropped. The program's output must still be read, or the program would block.
                }
            }
        }

        await Task.WhenAll(Lines(process.StandardOutput), Lines(process.StandardError));
    }
}
