using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text.Json;
using System.Text.RegularExpressions;
using Opportunism.Core;
using Opportunism.Core.Fleet;
using Opportunism.SystemTests.Days;
using Opportunism.TestKit.Guests;
using Opportunism.TestKit.Sites;
using Opportunism.Workshop.Site;
using Opportunism.Workshop.Up;
using Xunit;

namespace Opportunism.SystemTests.CommandLine;

/// <summary>The command line as people use it, at a terminal and in a pipe, against real programs.</summary>
[Collection(WholeMachine.Name)]
[SupportedOSPlatform("linux")]
public sealed partial class WholeSiteTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string folder = Directory.CreateTempSubdirectory("opportunism-cli-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_tenants_way_from_the_image_to_the_console_while_an_operator_watches()
    {
        await using var site = await RealSite.StartAsync();
        var desktop = await site.AddDesktopAsync("pc-1");
        string At(string words) => $"{words} --site {site.SiteFilePath}";
        await using var watchers = new Programs();
        var table = watchers.Start(AtTerminal("watch", At("watch")));
        var lines = watchers.Start(RealProgram.Start("watch", RealSite.CliProgram, At("watch").Split(' ')));

        // 1. An image, with a bar that fills. A site keeps the same content only once.
        var image = await TickImage.MakeAsync(folder, disk: true);
        await SayAsync(At("image delete tick"), expected: 0);
        var upload = watchers.Start(AtTerminal("image upload", At($"image upload {image.Path} --name mine --format qcow2")));
        Assert.True(await EndOfAsync(upload) == 0, upload.Said);
        Assert.Contains("100%", upload.Said, StringComparison.Ordinal);
        Assert.Contains($"sha256 {image.Sha256}", Plain(upload.Said), StringComparison.Ordinal);

        // 2. A VM, and its console for as long as somebody looks.
        var made = await AskAsync(At($"vm create mine --image mine --memory {RealSite.GuestMemoryMiB} --policy suspend --json"));
        var vm = made.GetProperty("id").GetString()!;
        var console = watchers.Start(RealProgram.Start("vm console", RealSite.CliProgram, At("vm console mine --all --follow").Split(' ')));
        await site.UntilAsync(
            "the console shows the third tick", () => Task.FromResult(console.Said.Contains("tick 3", StringComparison.Ordinal)));
        Assert.Matches(EveryTick(), console.Said);

        // 3. The same seen by an operator.
        await site.UntilVmAsync(vm, VmStatus.Running);
        await site.UntilAsync("the table shows the VM on its node", () => Task.FromResult(RunningRow().IsMatch(Plain(table.Said))));
        await site.UntilAsync(
            "the events tell of the VM",
            () => Task.FromResult(lines.Said.Contains("mine", StringComparison.Ordinal)
            && lines.Said.Contains("Running", StringComparison.Ordinal)));
        Assert.Equal("pc-1", (await AskAsync(At("node show pc-1 --json"))).GetProperty("id").GetString());
        var doctor = await SayAsync($"doctor --agent-socket {desktop.SocketPath}", expected: 0);
        Assert.Matches(@"x11\s.*\byes\b", doctor);
        Assert.Contains("No problem found", doctor, StringComparison.Ordinal);

        // 4. Ctrl-C at a terminal.
        await using var interrupted = RealProgram.Start(
            "watch", "/usr/bin/script", "-qefc",
            $"stty cols 160; TERM=xterm timeout --foreground --preserve-status -s INT 10 {RealSite.CliProgram} {At("watch")}", "/dev/null");
        Assert.True(await EndOfAsync(interrupted) == 0, interrupted.Said);
        Assert.Matches(RunningRow(), Plain(interrupted.Said));

        // 5. Whoever follows is asked to end, and ends well.
        foreach (var watcher in new[] { console, lines }) await EndsWhenAskedAsync(watcher);
        await SayAsync(At("vm delete mine --yes"), expected: 0);
        await site.UntilAsync("nothing of the VM is left", async () => (await site.Client.VmsAsync()).Count == 0);
        await SayAsync(At("vm show mine"), expected: 3);
    }

    [Fact]
    public async Task A_site_is_kept_up_until_it_is_asked_to_end_and_is_the_same_when_it_comes_back()
    {
        var state = Path.Combine(folder, "site");
        var siteFile = Path.Combine(state, "controller", "site.json");
        for (var round = 0; round < 2; round++)
        {
            await using var up = RealProgram.Start("up", RealSite.WorkshopProgram, "up", "--state", state, "--listen", "127.0.0.1:0");
            await UntilAsync(() => up.Said.Contains("Ctrl-C ends it", StringComparison.Ordinal) || up.HasExited, () => up.Said);
            Assert.False(up.HasExited, up.Said);

            var node = Assert.Single((await AskAsync($"nodes --json --site {siteFile}")).EnumerateArray());
            Assert.Equal("opportunism", node.GetProperty("id").GetString());
            await SayAsync($"status --site {siteFile} --agent-socket {Path.Combine(state, "agent.sock")}", expected: 0);
            // A second one by mistake is refused and takes nothing from the first.
            Assert.Contains(
                "runs already", await SayAsync($"up --state {state} --listen 127.0.0.1:0", expected: 1, RealSite.WorkshopProgram),
                StringComparison.Ordinal);
            await SayAsync($"nodes --site {siteFile}", expected: 0);
            await EndsWhenAskedAsync(up);
            await SayAsync($"nodes --site {siteFile}", expected: 4);
        }

        var name = UpCommand.NameOf(state);
        await RealRemains.RemoveAsync(name, $"/dev/shm/{name}", []);
    }

    /// <summary>A loop in the guests' cgroup, which runs, stands for a guest of a lent desktop.</summary>
    [Fact]
    public async Task Guests_are_frozen_when_the_agent_of_a_site_is_killed_and_the_person_is_told()
    {
        var state = Path.Combine(folder, "site");
        var name = UpCommand.NameOf(state);
        try
        {
            await using var up = RealProgram.Start("up", RealSite.WorkshopProgram, "up", "--state", state, "--listen", "127.0.0.1:0");
            await UntilAsync(() => up.Said.Contains("Ctrl-C ends it", StringComparison.Ordinal) || up.HasExited, () => up.Said);
            var guests = RealRemains.CgroupsOf(name)
                .Single(path => path.EndsWith("/guests", StringComparison.Ordinal) && File.Exists(Path.Combine(path, "cgroup.freeze")));
            var guest = Directory.CreateDirectory(Path.Combine(guests, GuestId.New().Value)).FullName;
            using var loop = Process.Start("sh", ["-c", $"echo $$ > {guest}/cgroup.procs; while :; do :; done"]);
            await File.WriteAllTextAsync(Path.Combine(guests, "cgroup.freeze"), "0");
            await UntilAsync(() => loop.TotalProcessorTime > TimeSpan.FromMilliseconds(50), () => "The loop does not run.");

            var agent = SiteProcesses.Find(SiteFolders.Find(state)).Single(process => process.Name == "agent").Id;
            Process.GetProcessById(agent).Kill();
            Assert.Equal(1, await EndOfAsync(up));
            Assert.Contains("The agent was ended by signal 9.", Plain(up.Said), StringComparison.Ordinal);
            loop.Refresh();
            var used = loop.TotalProcessorTime;
            // Half a second in which it would have used at least some of the processor, as above.
            await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System);
            loop.Refresh();
            Assert.Equal(used, loop.TotalProcessorTime);
        }
        finally
        {
            await RealRemains.RemoveAsync(name, $"/dev/shm/{name}", []);
        }
    }

    private static RealProgram AtTerminal(string name, string words) =>
        // script(1) gives it a terminal and passes on what it writes there.
        RealProgram.Start(name, "/usr/bin/script", "-qefc", $"stty cols 160; TERM=xterm {RealSite.CliProgram} {words}", "/dev/null");

    private static async Task<JsonElement> AskAsync(string words) => JsonDocument.Parse(await SayAsync(words, expected: 0)).RootElement;

    private static async Task<string> SayAsync(string words, int expected, string? path = null)
    {
        await using var program = RealProgram.Start(words, path ?? RealSite.CliProgram, words.Split(' '));
        Assert.True(await EndOfAsync(program) == expected, $"'{words}' ended with {program.ExitCode}, not {expected}:\n{program.Said}");
        return program.Said;
    }

    private static async Task<int> EndOfAsync(RealProgram program)
    {
        await program.Reading.WaitAsync(Patience, TimeProvider.System);
        Assert.True(program.EndsWithin(Patience), $"{program.Name} has not ended.\n{program.Tail()}");
        return program.ExitCode;
    }

    private static async Task EndsWhenAskedAsync(RealProgram program)
    {
        program.Stop();
        Assert.True(
            await EndOfAsync(program) == 0, $"{program.Name} ended with {program.ExitCode} when it was asked to end.\n{program.Tail()}");
    }

    private static async Task UntilAsync(Func<bool> reached, Func<string> describe)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!reached())
        {
            if (TimeProvider.System.GetElapsedTime(began) > Patience) throw new TimeoutException(describe());
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }
    }

    private static string Plain(string terminal) => Escapes().Replace(terminal, "");

    [GeneratedRegex(@"\x1b\[[0-9;?]*[A-Za-z]")]
    private static partial Regex Escapes();

    [GeneratedRegex(@"tick 0\s+tick 1\s+tick 2\s+tick 3")]
    private static partial Regex EveryTick();

    [GeneratedRegex(@"mine .*Running.*pc-1")]
    private static partial Regex RunningRow();

    /// <summary>Programs that go on by themselves; ended with the test.</summary>
    private sealed class Programs : IAsyncDisposable
    {
        private readonly List<RealProgram> started = [];

        public RealProgram Start(RealProgram program)
        {
            started.Add(program);
            return program;
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var program in started)
            {
                program.Stop();
                await program.DisposeAsync();
            }
        }
    }
}
