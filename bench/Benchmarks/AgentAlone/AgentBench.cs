using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using Opportunism.Hypervisors.Linux;
using Opportunism.TestKit.Sites;

namespace Opportunism.Benchmarks.AgentAlone;

/// <summary>What the agent alone costs: the native program as it is shipped, first
/// beside an owner with a mouse of 1000 Hz, then on a quiet desktop.</summary>
/// <remarks>The desktop is an X display (Xvfb), the mouse xdotool through XTEST. Wake-ups are the voluntary
/// context switches of all the agent's threads, those that ended meanwhile too: a thread that is only
/// displaced by another program (an involuntary one) has not woken anybody.</remarks>
[SupportedOSPlatform("linux")]
internal sealed class AgentBench(TimeSpan duration, TimeProvider time)
{
    public async Task RunAsync(BenchReport report, CancellationToken cancellationToken)
    {
        var name = $"opportunism-bench-{Environment.ProcessId}";
        var folder = Path.Combine("/var/tmp", name);
        Directory.CreateDirectory(folder);
        var display = Enumerable.Range(200, 100)
            .First(number => !File.Exists($"/tmp/.X11-unix/X{number}") && !File.Exists($"/tmp/.X{number}-lock"));
        await File.WriteAllTextAsync(Path.Combine(folder, "agent.ini"), Settings(name, folder), cancellationToken);
        Process? server = null, agent = null;
        try
        {
            server = Start("Xvfb", [$":{display}", "-screen", "0", "1280x1024x24", "-nolisten", "tcp", "-ac"], display);
            await UntilAsync(() => File.Exists($"/tmp/.X11-unix/X{display}"), "the display is there", cancellationToken);
            agent = Start(RealSite.AgentProgram, ["run", "--settings", Path.Combine(folder, "agent.ini")], display);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var moving = MoveAsync(display, stop.Token);
            await MeasureAsync("InUse", agent, report, cancellationToken);
            await stop.CancelAsync();
            await moving;
            await MeasureAsync("Available", agent, report, cancellationToken);
        }
        finally
        {
            foreach (var process in new[] { agent, server })
            {
                if (process is null) continue;
                // Asked rather than killed, so that the display takes its socket and lock away.
                if (!process.HasExited) _ = Libc.Kill(process.Id, Libc.SigTerm);
                await process.WaitForExitAsync(CancellationToken.None);
                process.Dispose();
            }

            Directory.Delete(folder, recursive: true);
            GuestMemoryMount.Remove($"/dev/shm/{name}");
            foreach (var root in File.ReadLines("/proc/self/mountinfo").Where(line => line.Contains(" - cgroup", StringComparison.Ordinal))
                .Select(line => line.Split(' ')[4]))
            {
                var ours = Path.Combine(root, name);
                if (!Directory.Exists(ours)) continue;
                foreach (var path in Directory.EnumerateDirectories(ours, "*", SearchOption.AllDirectories).Append(ours)
                    .OrderByDescending(path => path.Length).ToArray())
                    Directory.Delete(path);
            }
        }
    }

    private static string Settings(string name, string folder) => $"""
        [Agent]
        StateFolder = {folder}/state
        Socket = {folder}/agent.sock
        [Times]
        IdleFor = 10s
        ThawAfter = 5s
        [Conditions]
        CpuEnterPercent = 100
        CpuLeavePercent = 100
        [Guests]
        RamFolder = /dev/shm/{name}
        Cgroup = {name}/guests
        RunAs = 61112
        Accelerator = tcg
        """;

    private async Task MeasureAsync(string state, Process agent, BenchReport report, CancellationToken cancellationToken)
    {
        // A desktop that has been in its state for a while: the change itself is not what is measured.
        await Task.Delay(TimeSpan.FromSeconds(20), time, cancellationToken);
        var began = time.GetTimestamp();
        var use = new ThreadUse(agent.Id);
        use.Look();
        while (duration - time.GetElapsedTime(began) is var left && left > TimeSpan.Zero)
        {
            await Task.Delay(left < ThreadUse.LookEvery ? left : ThreadUse.LookEvery, time, cancellationToken);
            use.Look();
        }

        var seconds = time.GetElapsedTime(began).TotalSeconds;
        report.Add(
            ("state", state), ("seconds", BenchReport.Figure(seconds)), ("resident_mib", BenchReport.Figure(ResidentKiB(agent.Id) / 1024d)),
            ("wakeups_per_s", BenchReport.Figure(use.Waits / seconds)),
            ("cpu_percent", BenchReport.Figure(use.CpuNanoseconds / seconds / 1e7)));
    }

    private static long ResidentKiB(int process) =>
        Number(File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal)));

    private static long Number(string line) => long.Parse(new string([.. line.Where(char.IsAsciiDigit)]), CultureInfo.InvariantCulture);

    /// <summary>Moves the pointer a thousand times a second until cancelled.</summary>
    private static async Task MoveAsync(int display, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            using var mouse = Process.Start(
                new ProcessStartInfo("xdotool", ["-"])
                {
                    RedirectStandardInput = true,
                    RedirectStandardOutput = true,
                    Environment = { ["DISPLAY"] = $":{display}" },
                })
                ?? throw new IOException("xdotool could not be started.");
            for (var i = 0; i < 5000; i++) await mouse.StandardInput.WriteAsync($"mousemove {100 + (i % 900)} 300\nsleep 0.001\n");
            mouse.StandardInput.Close();
            await mouse.WaitForExitAsync(CancellationToken.None);
        }
    }

    private static Process Start(string program, string[] arguments, int display)
    {
        var process = Process.Start(
            new ProcessStartInfo(program, arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { ["DISPLAY"] = $":{display}" },
            })
            ?? throw new IOException($"{program} could not be started.");
        // Read, or a full pipe would stop it.
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private async Task UntilAsync(Func<bool> reached, string what, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        while (!reached())
        {
            if (time.GetElapsedTime(began) > TimeSpan.FromSeconds(20)) throw new IOException($"After 20 s it was not seen that {what}.");
            await Task.Delay(TimeSpan.FromMilliseconds(50), time, cancellationToken);
        }
    }
}
