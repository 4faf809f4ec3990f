using Opportunism.Agent.Monitors;
using Opportunism.TestKit.Desktops;
using Xunit;

namespace Opportunism.SystemTests.Desktops;

/// <summary>The input monitor in a desktop in a VM, with devices made through
/// uinput that the VM has not, and with programs that grab devices.</summary>
[Collection(SharedDesktop.Name)]
public sealed class DevicePlayTests(DesktopVm desktop) : IAsyncDisposable
{
    private const string Keyboard = "AT Translated Set 2 keyboard";

    // On a busy machine without KVM a whole VM may stand still for a while.
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    // The values of all events of keys in a record: 1 for a press, 0 for a release. An event is 16 bytes of time, type, code, value.
    private const string PressesAndReleases =
        "od -An -v -tu4 -w24 /tmp/recorded | awk '$5 % 65536 == 1 { printf \"%s\", $6 }'";

    // Longer than the monitor lets a device be quiet before it is asked.
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);

    [Theory]
    [InlineData("3D mouse", "3 0 0 0 0", "3f", "0", "0", "0")]
    [InlineData("3D mouse with many buttons", "7c0f137 0 0 0 0", "3f", "0", "0", "0")]
    [InlineData("foot pedal", "700000000000000 0 0", "0", "0", "0", "0")]
    [InlineData("rudder", "0", "0", "7", "0", "0")]
    [InlineData("dial", "1 0 0 0 0", "80", "0", "0", "0")]
    [InlineData(
        "media center remote", "fff 0 200108fc32e 237605100000000 0 700158000 419200004001 8e968000000000 10000000", "0", "0", "0", "0")]
    [InlineData("multi-touch screen", "0", "0", "261800000000000", "2", "0")]
    [InlineData("touch screen", "0", "0", "3", "2", "0")]
    [InlineData("gamepad without buttons", "0", "0", "30027", "0", "0")]
    [InlineData("nunchuk", "24000000000000 0 0 0 0", "0", "30038", "0", "0")]
    [InlineData("pad of a tablet", "800 1ff 0 0 0 0", "0", "10000000103", "0", "0")]
    [InlineData("pad of a display tablet", "100000000000009 0 0 0 800 0 0 0 0 0", "0", "10000000003", "0", "0")]
    [InlineData("pad with a tilt", "800 70000000003ff 0 0 0 0", "0", "10000000107", "40", "0")]
    [InlineData("sleep button", "4000 0 0", "0", "0", "0", "0")]
    [InlineData("lid", "0", "0", "0", "0", "1")]
    [InlineData("headphone jack", "0", "0", "0", "0", "4")]
    public async Task Whatever_a_person_moves_is_seen_and_named(
        string name, string key, string rel, string abs, string properties, string switches)
    {
        await using var run = await StartHereAsync();
        var before = (await run.LookAsync()).Sources;
        await PlayAsync($"device '{name}' '{key}' '{rel}' '{abs}' '{properties}' '{switches}'");
        var node = await NodeOfAsync(name);
        await UntilAsync($"{name} is watched", async () => (await run.LookAsync()).Sources == before + 1);
        await Task.Delay(IActivityMonitor.IgnoresEventsFor * 1.5, TimeProvider.System);
        var sightings = await run.SightingsAsync();
        await desktop.RunAsync("echo go >/tmp/play");
        Assert.True(await run.SeesMoreThanAsync(sightings, Soon), $"Not seen within {Soon.TotalSeconds} s: {name}.");
        Assert.Equal($"{name} ({node})", await run.LastSourceAsync());
    }

    [Fact]
    public async Task What_is_no_person_is_not_watched()
    {
        await using var run = await StartHereAsync();
        var before = (await run.LookAsync()).Sources;
        await PlayAsync("device 'accelerometer' '0' '0' '7' '40' '0'");
        await NodeOfAsync("accelerometer");
        Assert.Equal(before, (await run.LookAsync()).Sources);
    }

    [Fact]
    public async Task A_device_that_a_program_grabs_blinds_the_monitor_until_it_is_given_back()
    {
        await using var run = await StartHereAsync();
        var node = await NodeOfAsync(Keyboard);
        await Task.Delay(Quiet, TimeProvider.System);
        Assert.False((await run.LookAsync()).Blind);

        await PlayAsync($"grab {node}");
        await UntilAsync($"{node} is grabbed", async () => (await run.LookAsync()).Blind);
        var sight = await run.LookAsync();
        Assert.Equal("monitor.input.grabbed", Assert.Single(sight.Health).Code);
        Assert.Contains($"cannot watch {node}", sight.Sentence, StringComparison.Ordinal);

        // It is so: what is typed is not noticed.
        var before = await run.SightingsAsync();
        await desktop.PressAsync();
        Assert.False(await run.SeesMoreThanAsync(before, Quiet), "A grabbed keyboard was seen.");

        await desktop.RunAsync("echo end >/tmp/play");
        await UntilAsync($"{node} is given back", async () => !(await run.LookAsync()).Blind);
        await desktop.PressAsync();
        Assert.True(
            await run.SeesMoreThanAsync(await run.SightingsAsync() - 1, Soon), "The keyboard was not seen after it was given back.");
    }

    [Fact]
    public async Task A_device_whose_grabber_passes_everything_on_through_a_virtual_device_is_seen()
    {
        await using var run = await StartHereAsync();
        var node = await NodeOfAsync(Keyboard);
        await PlayAsync($"remap {node}");
        await NodeOfAsync("remapped keyboard");
        await Task.Delay(Quiet, TimeProvider.System);
        await UntilAsync(
            $"{node} is passed on",
            async () => (await run.LookAsync()).Sentence.Contains($"{node} is passed on by probe", StringComparison.Ordinal));
        Assert.False((await run.LookAsync()).Blind);
    }

    /// <summary>Each of the agent's calls takes 20 ms more, so a grab of a
    /// device that is in use would take many of its events away.</summary>
    [Fact]
    public async Task No_event_is_taken_from_a_device_that_is_in_use()
    {
        const int Moves = 500;
        await using var run = await StartHereAsync("strace -f -o /dev/null -e trace=ioctl -e inject=ioctl:delay_exit=20000");
        await PlayAsync("device 'busy pedal' '700000000000000 0 0' '0' '0' '0' '0'");
        var node = await NodeOfAsync("busy pedal");
        await desktop.RunAsync($"probe record {node} /tmp/recorded </dev/null >/dev/null 2>&1 &");
        await UntilAsync("the recorder reads", async () => await desktop.RunAsync("wc -c </tmp/recorded") == "0");
        await UntilAsync($"{node} is watched", async () => (await run.LookAsync()).Sources > 6);

        // The first event after a quiet time may come while the monitor checks the device, and then reaches the monitor alone.
        var sightings = await run.SightingsAsync();
        await desktop.RunAsync("echo go >/tmp/play");
        Assert.True(await run.SeesMoreThanAsync(sightings, Soon), "The first event was not seen.");

        await desktop.RunAsync($"echo go {Moves} >/tmp/play");
        var moves = string.Concat(Enumerable.Repeat("01", Moves / 2));
        var (looks, read) = (0, "");
        for (; looks < 200 && (read = await desktop.RunAsync(PressesAndReleases)) != moves && read != $"1{moves}"; looks++)
            await run.LookAsync();
        Assert.True(
            read == moves || read == $"1{moves}",
            $"{Moves} presses and releases were made while the monitor looked {looks} times; the reader has: {read}");
        Assert.InRange(looks, 5, 200);
    }

    /// <summary>Ends what plays a device, and its device with it.</summary>
    public async ValueTask DisposeAsync() =>
        await desktop.RunAsync(
            "[ ! -e /tmp/player ] || { kill $(cat /tmp/player) 2>/dev/null; wait $(cat /tmp/player) 2>/dev/null; }; rm -f /tmp/player "
                + "/tmp/play");

    private async Task<DesktopMonitorRun> StartHereAsync(string through = "")
    {
        await desktop.RunAsync("mkfifo /tmp/play");
        return await desktop.StartProbeAsync(through);
    }

    private Task<string> PlayAsync(string what) => desktop.RunAsync($"probe {what} </dev/null >/tmp/play.log 2>&1 & echo $! >/tmp/player");

    /// <summary>The event node of a device, once it can be opened.</summary>
    private async Task<string> NodeOfAsync(string name)
    {
        var node = "";
        await UntilAsync(
            $"there is a device '{name}'",
            async () => (node = await desktop.RunAsync(
                $"for e in /sys/class/input/event*; do [ \"$(cat $e/device/name)\" = '{name}' ] && [ -e "
                    + $"/dev/input/${{e##*/}} ] && echo ${{e##*/}}; done")).StartsWith("event",
                StringComparison.Ordinal));
        return node;
    }

    private async Task UntilAsync(string what, Func<Task<bool>> holds)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await holds())
        {
            if (TimeProvider.System.GetElapsedTime(started) > Soon)
                throw new TimeoutException($"Not within {Soon.TotalSeconds} s: {what}. {await desktop.RunAsync("cat /tmp/play.log")}");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }
    }
}
