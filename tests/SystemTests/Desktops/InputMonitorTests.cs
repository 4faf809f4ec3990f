using System.Text.RegularExpressions;
using Opportunism.Agent.Monitors;
using Opportunism.TestKit.Conformance;
using Opportunism.TestKit.Desktops;
using Xunit;

namespace Opportunism.SystemTests.Desktops;

/// <summary>The input monitor, compiled as the agent is, on the real event devices of a desktop in a VM.</summary>
[Collection(SharedDesktop.Name)]
public sealed partial class InputMonitorTests(DesktopVm desktop) : MonitorConformance, IAsyncDisposable
{
    // On a busy machine without KVM a whole VM may stand still for a while.
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    private int pointed;

    protected override async Task<IMonitorRun> StartAsync() => await StartHereAsync();

    protected override Task ActAsync() => desktop.MoveAsync();

    protected override async Task StormAsync(TimeSpan lasts)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(started) < lasts) await desktop.MoveAsync();
    }

    // A device that the kernel does not describe might be a keyboard.
    protected override Task AddUnwatchableAsync() => desktop.RunAsync("mknod /dev/input/event99 c 13 163");

    [Fact]
    public async Task Every_device_is_seen()
    {
        await using var run = await StartHereAsync();
        Assert.Equal("2 keyboards, 3 pointers, 1 button device", (await run.LookAsync()).Sentence);
        await IsSeenAsync(run, "a key on PS/2", () => desktop.PressAsync());
        Assert.StartsWith("AT Translated Set 2 keyboard (event", await run.LastSourceAsync(), StringComparison.Ordinal);
        await IsSeenAsync(run, "a key on USB", () => desktop.PressAsync("head1"));
        Assert.Matches(@"^QEMU QEMU USB Keyboard \(event[0-9]+ at usb-", await run.LastSourceAsync());
        await IsSeenAsync(run, "the mouse", desktop.MoveAsync);
        await IsSeenAsync(run, "the tablet", () => desktop.PointAsync(pointed += 1000));
        await IsSeenAsync(run, "the power button", desktop.PushPowerButtonAsync);
        Assert.StartsWith("Power Button (event", await run.LastSourceAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_keyboard_that_is_plugged_in_counts_as_activity_and_is_seen()
    {
        await using var run = await StartHereAsync();
        await IsSeenAsync(run, "plugging in", desktop.PlugAsync);
        Assert.Equal(7, (await run.LookAsync()).Sources);
        await IsSeenAsync(run, "a key on the new keyboard", () => desktop.PressAsync("head3"));
        await IsSeenAsync(run, "unplugging", desktop.UnplugAsync);
        Assert.Equal(6, (await run.LookAsync()).Sources);
    }

    [Fact]
    public async Task Its_devices_are_open_for_writing_only()
    {
        await using var run = await StartHereAsync();
        Assert.Equal(6, (await run.LookAsync()).Sources);
        var flags = await desktop.RunAsync(
            $"for f in /proc/{run.Process}/fd/*; do case $(readlink $f) in /dev/input/*) grep flags "
                + $"/proc/{run.Process}/fdinfo/${{f##*/}};; esac; done");
        var lines = flags.Split('\n');
        Assert.Equal(6, lines.Length);

        // Octal; the last digit holds the way it was opened: 1 is write-only.
        Assert.All(lines, line => Assert.EndsWith("1", line.Trim(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task It_never_reads_a_device()
    {
        await using (var run = await StartHereAsync("strace -f -y -o /tmp/calls"))
        {
            await IsSeenAsync(run, "a key on PS/2", () => desktop.PressAsync());
            await IsSeenAsync(run, "a key on USB", () => desktop.PressAsync("head1"));
        }

        var calls = await desktop.RunAsync("grep '/dev/input/event' /tmp/calls | sed 's/^[0-9]* *//' | cut -c1-60 | sort -u");
        var names = CallName().Matches(calls).Select(call => call.Groups[1].Value).Distinct().Order().ToList();
        Assert.Contains("ioctl", names);
        Assert.DoesNotContain(
            names,
            name => name.Contains("read", StringComparison.Ordinal) || name.StartsWith("recv", StringComparison.Ordinal)
                || name is "mmap" or "splice" or "io_uring_setup");
        Assert.All(
            calls.Split('\n').Where(call => call.StartsWith("open", StringComparison.Ordinal)),
            call => Assert.Contains("O_WRONLY", call, StringComparison.Ordinal));
    }

    [GeneratedRegex("^([a-z0-9_]+)\\(", RegexOptions.Multiline)]
    private static partial Regex CallName();

    private static async Task IsSeenAsync(DesktopMonitorRun run, string what, Func<Task> act)
    {
        // Before each, it has stopped looking away after the one before.
        await Task.Delay(IActivityMonitor.IgnoresEventsFor * 1.5, TimeProvider.System);
        var before = await run.SightingsAsync();
        await act();
        Assert.True(await run.SeesMoreThanAsync(before, Soon), $"Not seen within {Soon.TotalSeconds} s: {what}.");
    }

    public async ValueTask DisposeAsync() => await desktop.RunAsync("rm -f /dev/input/event99");

    private Task<DesktopMonitorRun> StartHereAsync(string through = "") => desktop.StartProbeAsync(through);
}
