using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using Opportunism.Workshop.Linux;

namespace Opportunism.Workshop.Lab;

/// <summary>Starts and ends the lab's programs, each in a cgroup of its own: the processes in there are the lab's, whatever their ids, and
/// no others are.</summary>
[SupportedOSPlatform("linux")]
internal sealed class LabProcesses
{
    private static readonly TimeSpan KillPatience = TimeSpan.FromSeconds(20);

    private readonly LabPlace place;
    private readonly TimeProvider time;

    /// <exception cref="IOException">This machine has no cgroup v2.</exception>
    public LabProcesses(LabPlace place, TimeProvider time)
    {
        (this.place, this.time) = (place, time);
        var mount = File.ReadLines("/proc/self/mountinfo")
            .FirstOrDefault(line => line.Contains(" - cgroup2 ", StringComparison.Ordinal))?.Split(' ')[4]
            ?? throw new IOException(
                "This machine has no cgroup v2 mounted, by which the lab knows its own processes: mount -t cgroup2 none "
                    + "/sys/fs/cgroup/unified");
        Cgroup = Path.Combine(mount, place.Cgroup);
    }

    /// <summary>The folder of the lab's cgroup.</summary>
    public string Cgroup { get; }

    /// <summary>Where a program's output goes.</summary>
    public string LogOf(LabProgram program) => Path.Combine(place.Logs, program.Name + ".log");

    /// <summary>The processes of a program, the oldest first.</summary>
    public IReadOnlyList<int> Of(string program) => Members(Path.Combine(Cgroup, program));

    /// <summary>The names of programs that have processes, also of an earlier run.</summary>
    public IReadOnlyList<string> Running() =>
        Directory.Exists(Cgroup)
            ? [
                .. Directory.EnumerateDirectories(Cgroup).Where(folder => Members(folder).Count > 0)
                    .Select(folder => Path.GetFileName(folder)!).Order()]
            : [];

    /// <summary>True when it runs with the present settings.</summary>
    public bool IsUpToDate(LabProgram program) =>
        Of(program.Name).Count > 0 && File.Exists(MarkOf(program.Name)) && File.ReadAllText(MarkOf(program.Name)) == program.Fingerprint();

    /// <summary>Starts a program and does not wait until it is ready.</summary>
    public async Task StartAsync(LabProgram program, CancellationToken cancellationToken)
    {
        using var process = await BeginAsync(program, cancellationToken);
        PrivateFile.Write(MarkOf(program.Name), program.Fingerprint(), LabUser.Root);
    }

    /// <summary>Runs a program that ends by itself; it is ended when the wait is cancelled.</summary>
    /// <exception cref="IOException">It ended with another code than 0 and those accepted; the message contains its last lines.</exception>
    public async Task RunAsync(LabProgram program, CancellationToken cancellationToken, params int[] accepted)
    {
        try
        {
            using var process = await BeginAsync(program, cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            if (process.ExitCode != 0 && !accepted.Contains(process.ExitCode))
                throw new IOException($"{program.Words[0]} ended with {process.ExitCode}. The end of {LogOf(program)}:\n{Tail(program)}");
        }
        finally
        {
            await StopAsync(program.Name, TimeSpan.Zero);
        }
    }

    /// <summary>A program's last lines, for a message about why it failed.</summary>
    public string Tail(LabProgram program, int lines = 12) =>
        File.Exists(LogOf(program)) ? string.Join('\n', File.ReadLines(LogOf(program)).TakeLast(lines)) : "";

    /// <summary>Sends a program SIGTERM, then SIGKILL. Returns false if it had to be killed.</summary>
    public async Task<bool> StopAsync(string name, TimeSpan patience)
    {
        var folder = Path.Combine(Cgroup, name);
        if (!Directory.Exists(folder)) return true;
        var asked = Of(name);
        // Only the first process: it ends those that it started, and would treat their end as a crash.
        if (asked.Count > 0) _ = Libc.Kill(asked[0], Libc.SigTerm);
        await UntilAsync(() => asked.Count == 0 || !Members(folder).Contains(asked[0]), patience);
        var ended = asked.Count == 0 || !Members(folder).Contains(asked[0]);
        await RemoveAsync(folder);
        if (File.Exists(MarkOf(name))) File.Delete(MarkOf(name));
        return ended;
    }

    /// <summary>Ends every process of the lab that is left, guests of its compute hosts included. Returns how many there were.</summary>
    public async Task<int> EndRestAsync()
    {
        var left = 0;
        foreach (var folder in Directory.Exists(Cgroup) ? Directory.GetDirectories(Cgroup) : [])
        {
            left += Members(folder).Count;
            await RemoveAsync(folder);
        }

        if (Directory.Exists(Cgroup)) Directory.Delete(Cgroup);
        left += await EndGuestsAsync();
        return left;
    }

    /// <summary>Processes in a compute host's mount namespace, in any cgroup: a desktop's agent may have moved guests to its own.</summary>
    public IReadOnlyList<int> InHosts()
    {
        // packaging/lab/enter-host mounts it; the end of the line is "tmpfs SOURCE OPTIONS".
        var mark = $" - tmpfs opportunism-lab:{place.State} ";
        var found = new List<int>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id)) continue;
            try
            {
                if (File.ReadLines(Path.Combine(folder, "mountinfo")).Any(line => line.Contains(mark, StringComparison.Ordinal)))
                    found.Add(id);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has ended meanwhile, or it is a kernel thread.
                continue;
            }
        }

        return found;
    }

    /// <summary>An environment without the user's own settings: no proxy, no OS_ variables, no other Python.</summary>
    public static void SetEnvironment(ProcessStartInfo start, IReadOnlyDictionary<string, string> more)
    {
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        start.Environment["LANG"] = "C.UTF-8";
        start.Environment["HOME"] = "/nonexistent";
        foreach (var (name, value) in more) start.Environment[name] = value;
    }

    private async Task<Process> BeginAsync(LabProgram program, CancellationToken cancellationToken)
    {
        var folder = Path.Combine(Cgroup, program.Name);
        Directory.CreateDirectory(folder);
        Directory.CreateDirectory(place.Logs);
        var start =
            new ProcessStartInfo(Path.Combine(place.Templates, "start"), [folder, LogOf(program), program.User.Name, .. program.Words]);
        SetEnvironment(start, program.Environment);
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new IOException($"{start.FileName} could not be started: {e.Message}.", e);
        }

        // It moves itself into its cgroup; before that it would look like a program that has ended.
        while (!process.HasExited && Members(folder).Count == 0) await Task.Delay(TimeSpan.FromMilliseconds(5), time, cancellationToken);
        return process;
    }

    private async Task<int> EndGuestsAsync()
    {
        var guests = InHosts();
        foreach (var guest in guests) _ = Libc.Kill(guest, Libc.SigKill);
        await UntilAsync(() => InHosts().Count == 0, KillPatience);
        return guests.Count;
    }

    /// <summary>Kills the processes in a cgroup and removes it; the kernel refuses the removal until the last process has freed its
    /// memory.</summary>
    private async Task RemoveAsync(string folder)
    {
        if (Members(folder).Count > 0) await File.WriteAllTextAsync(Path.Combine(folder, "cgroup.kill"), "1");
        var events = Path.Combine(folder, "cgroup.events");
        await UntilAsync(() => File.ReadLines(events).Contains("populated 0"), KillPatience);
        Directory.Delete(folder);
    }

    private async Task UntilAsync(Func<bool> reached, TimeSpan patience)
    {
        var began = time.GetTimestamp();
        while (!reached() && time.GetElapsedTime(began) < patience) await Task.Delay(TimeSpan.FromMilliseconds(50), time);
    }

    private string MarkOf(string program) => Path.Combine(place.Started, program);

    private static IReadOnlyList<int> Members(string folder)
    {
        try
        {
            return [
                .. File.ReadLines(Path.Combine(folder, "cgroup.procs")).Select(line => int.Parse(line, CultureInfo.InvariantCulture))
                    .OrderBy(BeganAt)];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    /// <summary>When a process began, in the kernel's ticks; field 22 of its stat, counted from the end of the name, which may contain any
    /// character.</summary>
    private static long BeganAt(int process)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{process.ToString(CultureInfo.InvariantCulture)}/stat");
            return long.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[19], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            // It has ended: sorted last, so that it is not treated as the first.
            return long.MaxValue;
        }
    }
}
