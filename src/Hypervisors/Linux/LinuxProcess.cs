using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Opportunism.Hypervisors.Linux;

/// <summary>Exactly one process of this machine, the agent's child or not: identified by its number and start time, signalled through a
/// pidfd.</summary>
[SupportedOSPlatform("linux")]
internal sealed unsafe class LinuxProcess : IDisposable
{
    private LinuxProcess(int pid, long startTime, int pidfd)
    {
        Pid = pid;
        StartTime = startTime;
        PidFd = pidfd;
    }

    public int Pid { get; }

    /// <summary>Clock ticks after boot at which it started: distinguishes it from another process with the same number.</summary>
    public long StartTime { get; }

    public int PidFd { get; }

    /// <summary>The process with this number, if it lives; and, where a start time is given, only if it is that one.</summary>
    public static LinuxProcess? Find(int pid, long? startTime = null)
    {
        if (pid <= 1) return null;
        var pidfd = Libc.OpenProcess(pid);
        if (pidfd < 0) return null;
        // Read after the pidfd is open, so that the number belongs to the same process for both.
        if (ReadStat(pid) is not { } stat || stat.State is 'Z' or 'X' || (startTime is { } wanted && wanted != stat.StartTime))
        {
            _ = Libc.Close(pidfd);
            return null;
        }

        return new LinuxProcess(pid, stat.StartTime, pidfd);
    }

    /// <summary>False once it has exited, whether or not its parent has noticed.</summary>
    public bool IsAlive => !HasExitedWithin(0);

    /// <summary>Kills it and waits until the kernel has freed its memory.</summary>
    /// <returns>False if it was still there after <paramref name="timeout"/>.</returns>
    public bool KillAndWait(TimeSpan timeout)
    {
        _ = Libc.SignalProcess(PidFd, Libc.SigKill);
        return HasExitedWithin((int)timeout.TotalMilliseconds);
    }

    /// <summary>Blocks until it has exited, for at most this long.</summary>
    public bool HasExitedWithin(int milliseconds)
    {
        var poll = new Libc.PollFd { Fd = PidFd, Events = Libc.PollIn };
        while (true)
        {
            var ready = Libc.Poll(&poll, 1, milliseconds);
            if (ready >= 0) return ready > 0;
            if (Marshal.GetLastPInvokeError() != Libc.ErrorInterrupted) return false;
        }
    }

    /// <summary>Memory in MiB that only this process uses, without shared files; 0 once it has ended.</summary>
    public long OwnMiB() => ReadNumber("status", "RssAnon:") / 1024;

    /// <summary>Bytes that it has written to disks since it started, files in memory not counted (man 5 proc, io); 0 once it has
    /// ended.</summary>
    public long WrittenBytes() => ReadNumber("io", "write_bytes:");

    /// <summary>A path to a file that this process has open, also after its name was removed; null if it does not have it open.</summary>
    /// <param name="name">The name that the file has or had.</param>
    public string? PathOfOpen(string name)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries($"/proc/{Pid}/fd")
                .FirstOrDefault(link => TargetOf(link) is { } target && (target == name || target == name + " (deleted)"));
        }
        catch (IOException)
        {
            return null; // it has just gone
        }
    }

    public void Dispose() => _ = Libc.Close(PidFd);

    private static string? TargetOf(string link)
    {
        try
        {
            return File.ResolveLinkTarget(link, returnFinalTarget: false)?.FullName;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null; // closed since it was listed: not the file that is looked for
        }
    }

    private long ReadNumber(string file, string name)
    {
        try
        {
            foreach (var line in File.ReadLines($"/proc/{Pid}/{file}"))
            {
                if (line.StartsWith(name, StringComparison.Ordinal))
                    return long.Parse(line.AsSpan(name.Length).Trim(" \tkB"), CultureInfo.InvariantCulture);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return 0; // it has just gone
        }

        return 0;
    }

    private static (char State, long StartTime)? ReadStat(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            // The name in parentheses may have any characters; after the last parenthesis are numbers (proc(5)).
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return (fields[0][0], long.Parse(fields[19], CultureInfo.InvariantCulture));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null; // it has just gone
        }
    }
}
