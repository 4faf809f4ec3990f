using System.Diagnostics;
using System.Runtime.Versioning;
using Opportunism.Agent.Monitors;
using Opportunism.Agent.Monitors.Linux;
using Opportunism.TestKit.Conformance;
using Xunit;

namespace Opportunism.SystemTests.Monitors;

/// <summary>The terminals monitor against a real terminal: a program that reads what is typed, as a shell does.</summary>
[SupportedOSPlatform("linux")]
public sealed class TerminalMonitorTests : MonitorConformance, IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("terminals-").FullName;
    private Process terminal = null!;

    public async ValueTask InitializeAsync() => terminal = await StartTerminalAsync("cat >/dev/null");

    public async ValueTask DisposeAsync()
    {
        await EndAsync(terminal);
        Directory.Delete(folder, recursive: true);
    }

    protected override Task<IMonitorRun> StartAsync() => Task.FromResult<IMonitorRun>(Start());

    protected override Task ActAsync() => TypeAsync(terminal);

    protected override async Task StormAsync(TimeSpan lasts)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(began) < lasts)
        {
            await TypeAsync(terminal);
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System);
        }
    }

    protected override Task AddUnwatchableAsync()
    {
        // A link to itself leads nowhere.
        File.CreateSymbolicLink(Path.Combine(folder, "99"), Path.Combine(folder, "99"));
        return Task.CompletedTask;
    }

    [Fact]
    public async Task What_a_program_prints_is_nobody()
    {
        using var printing = await StartTerminalAsync("while :; do echo x; sleep 0.1; done");
        await using var run = Start();
        Assert.Equal(2, (await run.LookAsync()).Sources);
        var before = await run.SightingsAsync();
        Assert.False(await run.SeesMoreThanAsync(before, TimeSpan.FromSeconds(3)), "What a program printed was taken for a person.");
        await TypeAsync(terminal);
        Assert.True(await run.SeesMoreThanAsync(before, TimeSpan.FromSeconds(5)));
        await EndAsync(printing);
    }

    [Fact]
    public async Task A_terminal_that_comes_is_a_person_and_watched_from_then_on()
    {
        await using var run = Start();
        await run.LookAsync();
        var before = await run.SightingsAsync();
        using var another = await StartTerminalAsync("cat >/dev/null");
        Assert.True(await run.SeesMoreThanAsync(before, TimeSpan.FromSeconds(5)));
        Assert.Equal(2, (await run.LookAsync()).Sources);
        await Task.Delay(Settles, TimeProvider.System);
        before = await run.SightingsAsync();
        await TypeAsync(another);
        Assert.True(await run.SeesMoreThanAsync(before, TimeSpan.FromSeconds(5)));
        await EndAsync(another);
    }

    private LocalMonitorRun Start() => new(new TerminalMonitor(TimeProvider.System, IgnoreList.Nothing, folder));

    private static Task TypeAsync(Process terminal) => terminal.StandardInput.WriteLineAsync("x");

    private static async Task EndAsync(Process terminal)
    {
        terminal.Kill(entireProcessTree: true);
        await terminal.WaitForExitAsync();
        terminal.Dispose();
    }

    /// <summary>A program in a terminal of its own, which appears in the folder under its number.</summary>
    private async Task<Process> StartTerminalAsync(string program)
    {
        var start = new ProcessStartInfo("script", ["-qfc", $"stty -echo; tty; {program}", "/dev/null"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        var script = Process.Start(start) ?? throw new InvalidOperationException("script did not start; install the package bsdutils.");
        script.StandardInput.AutoFlush = true;
        var line = "";
        while (!line.StartsWith("/dev/pts/", StringComparison.Ordinal))
            line = (await script.StandardOutput.ReadLineAsync())?.Trim()
                ?? throw new InvalidOperationException("script ended before it had a terminal.");
        // What is printed must not fill the pipe.
        _ = script.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
        File.CreateSymbolicLink(Path.Combine(folder, Path.GetFileName(line)), line);
        return script;
    }
}
