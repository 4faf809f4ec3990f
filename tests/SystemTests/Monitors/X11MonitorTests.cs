using System.Runtime.Versioning;
using Opportunism.Agent.Monitors;
using Opportunism.Agent.Monitors.Linux;
using Opportunism.TestKit.Conformance;
using Opportunism.TestKit.Displays;
using Opportunism.TestKit.Sites;
using Xunit;

namespace Opportunism.SystemTests.Monitors;

/// <summary>The x11 monitor against a real X server, played with xdotool.</summary>
[SupportedOSPlatform("linux")]
public sealed class X11MonitorTests : MonitorConformance, IAsyncLifetime
{
    private XvfbDisplay display = null!;
    private XvfbDisplay? other;

    public async ValueTask InitializeAsync() => display = await XvfbDisplay.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (other is not null) await other.DisposeAsync();
        await display.DisposeAsync();
    }

    protected override Task<IMonitorRun> StartAsync() => Task.FromResult<IMonitorRun>(Start());

    protected override Task ActAsync() => display.MoveAsync();

    protected override Task StormAsync(TimeSpan lasts) => display.StormAsync(lasts);

    protected override async Task AddUnwatchableAsync()
    {
        // Its cookie file belongs to another user than the server: the agent must not hand such a cookie out.
        other = await XvfbDisplay.StartAsync(foreign: true);
        other.AppearIn(display.Folder);
    }

    [Fact]
    public async Task A_key_is_seen_too()
    {
        await using var run = Start();
        await Task.Delay(Settles, TimeProvider.System);
        var before = await run.SightingsAsync();
        await display.PressAsync();
        Assert.True(await run.SeesMoreThanAsync(before, TimeSpan.FromSeconds(2)));
    }

    [Fact]
    public async Task A_display_that_appears_is_watched_and_counts_as_activity()
    {
        File.Delete(display.Link);
        await using var run = Start();
        var sight = await run.LookAsync();
        Assert.Equal((0, false), (sight.Sources, sight.Blind));
        var before = await run.SightingsAsync();
        display.Appear();
        Assert.True(await run.SeesMoreThanAsync(before, TimeSpan.FromSeconds(2)), "The new display was not noticed.");
        Assert.Equal(1, (await run.LookAsync()).Sources);
    }

    [Fact]
    public async Task A_folder_that_appears_is_watched()
    {
        File.Delete(display.Link);
        var parent = Directory.CreateTempSubdirectory("parent-").FullName;
        var folder = Path.Combine(parent, "sockets");
        try
        {
            await using var run = new LocalMonitorRun(new X11Monitor(TimeProvider.System, IgnoreList.Nothing, folder));
            Assert.Equal(0, (await run.LookAsync()).Sources);
            var before = await run.SightingsAsync();
            Directory.CreateDirectory(folder);
            display.AppearIn(folder);
            Assert.True(await run.SeesMoreThanAsync(before, IActivityMonitor.IgnoresEventsFor * 2), "The new display was not noticed.");
        }
        finally
        {
            Directory.Delete(parent, recursive: true);
        }
    }

    [Fact]
    public async Task A_server_that_dies_is_no_display_any_more_and_counts_as_activity()
    {
        await using var run = Start();
        Assert.Equal(1, (await run.LookAsync()).Sources);
        await Task.Delay(Settles, TimeProvider.System);
        var before = await run.SightingsAsync();
        await display.KillAsync();
        Assert.True(await run.SeesMoreThanAsync(before, TimeSpan.FromSeconds(2)), "The server's death was not noticed.");
        var sight = await run.LookAsync();
        Assert.Equal((0, false), (sight.Sources, sight.Blind));
    }

    [Fact]
    public async Task A_socket_without_a_server_is_no_display()
    {
        await display.KillAsync();
        await using var run = Start();
        var sight = await run.LookAsync();
        Assert.Equal((0, false), (sight.Sources, sight.Blind));
    }

    [Fact]
    public async Task A_server_that_does_not_answer_makes_it_blind_until_it_does()
    {
        await using var run = Start();
        Assert.False((await run.LookAsync()).Blind);
        Signals.StandStill(display.Process);
        var sight = await run.LookAsync();
        Assert.True(sight.Blind, $"Not blind: {sight.Sentence}");
        Assert.Contains(sight.Health, item => item.Code == "monitor.x11.no-answer");
        Signals.GoOn(display.Process);
        sight = await run.LookAsync();
        Assert.False(sight.Blind, $"Still blind: {sight.Sentence}");
    }

    [Fact]
    public async Task An_ignored_display_is_left_alone()
    {
        await using var run =
            new LocalMonitorRun(new X11Monitor(TimeProvider.System, new IgnoreList([$":{display.Number}"]), display.Folder));
        var sight = await run.LookAsync();
        Assert.Equal((0, false), (sight.Sources, sight.Blind));
    }

    [Fact]
    public async Task A_server_that_a_compositor_would_start_is_left_alone_and_watched_once_it_runs()
    {
        await using var sway = await SwayDesktop.StartAsync();
        var folder = Directory.CreateTempSubdirectory("on-demand-").FullName;
        try
        {
            sway.AppearIn(folder);
            File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
            await using var run = new LocalMonitorRun(new X11Monitor(TimeProvider.System, IgnoreList.Nothing, folder));
            var sight = await run.LookAsync();
            Assert.Equal(
                (0, false, $"no X display; {sway.Display} has no X server yet (sway starts one on demand)"),
                (sight.Sources, sight.Blind, sight.Sentence));
            await Task.Delay(Settles, TimeProvider.System);
            Assert.False(sway.ServerRuns, "The agent started an X server.");

            await sway.MoveAsync();
            Assert.True(sway.ServerRuns, "No X server runs after a program connected.");
            sight = await run.LookAsync();
            Assert.True(sight is { Sources: 1, Blind: false }, $"{sight.Sentence}: {string.Join(' ', sight.Health)}");
            await Task.Delay(Settles, TimeProvider.System);
            var before = await run.SightingsAsync();
            await sway.MoveAsync();
            Assert.True(
                await run.SeesMoreThanAsync(before, TimeSpan.FromSeconds(2)),
                "The mouse of a server that was started on demand was not seen.");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private LocalMonitorRun Start() => new(new X11Monitor(TimeProvider.System, IgnoreList.Nothing, display.Folder));
}
