using System.Globalization;
using System.Runtime.Versioning;
using Opportunism.Core.Availability;
using Opportunism.Core.Guests;
using Opportunism.TestKit.Desktops;
using Xunit;

namespace Opportunism.SystemTests.Desktops;

/// <summary>The agent as it is shipped, with a tenant, on a desktop in a VM: whatever the owner touches takes the desktop back.</summary>
[SupportedOSPlatform("linux")]
public sealed class WholeDesktopTests(DesktopSite site) : IClassFixture<DesktopSite>
{
    // More than two ticks would fall into it.
    private const string Watched = "2.5";

    [Fact]
    public Task A_key_on_a_PS2_keyboard() => TakesBackAsync("AT Translated Set 2 keyboard", () => site.Desktop.PressAsync());

    [Fact]
    public Task A_key_on_a_USB_keyboard() => TakesBackAsync("QEMU QEMU USB Keyboard", () => site.Desktop.PressAsync("head1"));

    [Fact]
    public async Task A_PS2_mouse_that_moves()
    {
        await site.Desktop.TakeMouseAsync("PS/2");
        await TakesBackAsync("ImExPS/2 Generic Explorer Mouse", site.Desktop.MoveAsync);
    }

    [Fact]
    public async Task A_button_of_a_USB_mouse()
    {
        await site.Desktop.TakeMouseAsync("HID Mouse");
        await TakesBackAsync("QEMU QEMU USB Mouse", site.Desktop.ClickAsync);
    }

    [Fact]
    public Task The_pen_of_a_USB_tablet() => TakesBackAsync("QEMU QEMU USB Tablet", () => site.Desktop.PointAsync(5000));

    [Fact]
    public async Task A_keyboard_that_is_plugged_in()
    {
        await site.IsAsync(NodeState.Available, "before a keyboard is plugged in");
        await site.Desktop.PlugAsync();
        try
        {
            // A hand was at the desktop.
            await site.IsAsync(NodeState.Frozen, "after a keyboard was plugged in");
            await TakesBackAsync("QEMU QEMU USB Keyboard", () => site.Desktop.PressAsync("head3"));
        }
        finally
        {
            await site.Desktop.UnplugAsync();
        }

        await site.IsAsync(NodeState.Frozen, "after it was unplugged");
    }

    [Fact]
    public async Task A_desktop_that_wakes_from_sleep()
    {
        await site.IsAsync(NodeState.Available, "before it sleeps");
        await site.TicksAsync("before it sleeps", await site.NewestTickAsync() + 1);

        var used =
            (await site.SleepAsync("used() { grep usage_usec $G/cpu.stat; }; used; SLEEP; used; sleep 2; used", TimeSpan.FromSeconds(3)))
            .Split('\n');

        var taken = await site.IsAsync(NodeState.Frozen, "after it woke");
        Assert.Contains("wake-up from sleep", taken.Reason, StringComparison.Ordinal);
        // Across the sleep, and while it is frozen and held.
        Assert.Equal(3, used.Length);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"Microseconds of CPU that the guest had used before the sleep, after it, and later: "
                + $"{string.Join(", ", used.Select(Microseconds))}.");
        Assert.InRange(Microseconds(used[1]) - Microseconds(used[0]), 0, 100_000);
        Assert.InRange(Microseconds(used[2]) - Microseconds(used[1]), 0, 250_000);
        await site.TenantIsAsync(GuestPhase.Held, "after it woke");
        var stood = await site.NewestTickAsync();
        await site.IsAsync(NodeState.Available, "once quiet after it woke");
        await site.TicksAsync("once quiet after it woke", stood + 2);
    }

    [Fact]
    public async Task The_agent_cannot_read_what_the_owner_types()
    {
        var flags = await site.AskAsync(
            "p=$(pidof agent); for f in /proc/$p/fd/*; do case $(readlink $f) in /dev/input/*) grep flags /proc/$p/fdinfo/${f##*/};; "
                + "esac; done");
        var lines = flags.Split('\n');
        Assert.Equal(6, lines.Length);

        // Octal; the last digit holds the way it was opened: 1 is write-only.
        Assert.All(lines, line => Assert.EndsWith("1", line.Trim(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_tenant_yields_to_the_owner_by_cgroups_of_version_2()
    {
        var limits =
            await site.AskAsync("cat $G/cpu.idle $T/memory.max $T/memory.swap.max; grep -c . /proc/$(head -n 1 $T/cgroup.procs)/cgroup");
        var lines = limits.Split('\n');
        Assert.Equal("1", lines[0]);
        Assert.InRange(long.Parse(lines[1], CultureInfo.InvariantCulture), 96L << 20, 512L << 20);
        // One hierarchy, so all of it is version 2.
        Assert.Equal(["1"], lines[3..]);
    }

    /// <summary>Available and ticking, one act of the owner, frozen and standing still, quiet, available and ticking on.</summary>
    /// <param name="device">The one device that the act comes from, as the kernel names it.</param>
    /// <param name="act">What the owner does.</param>
    private async Task TakesBackAsync(string device, Func<Task> act)
    {
        var ready = await site.IsAsync(NodeState.Available, $"before '{device}'");
        await site.TenantIsAsync(GuestPhase.Running, $"before '{device}'");
        await site.TicksAsync($"before '{device}'", await site.NewestTickAsync() + 1);

        await site.Desktop.ListenAsync();
        await act();
        var taken = await site.IsAsync(NodeState.Frozen, $"after '{device}'");
        Assert.Equal(device, await site.Desktop.HeardAsync());
        Assert.Equal(nameof(ReasonCode.OwnerSeen), taken.ReasonCode);
        Assert.Contains("input", taken.Reason, StringComparison.Ordinal);
        await site.TenantIsAsync(GuestPhase.Held, $"after '{device}'");
        Assert.Equal((1, "freeze"), (taken.LastFreeze?.Guests, taken.LastFreeze?.Brake));
        var seen = (await site.AskAsync($"look() {{ wc -c <$C; grep usage_usec $G/cpu.stat; }}; look; sleep {Watched}; look")).Split('\n');
        Assert.Equal(seen[0], seen[2]);
        // Held by its hypervisor, which itself may still breathe.
        Assert.InRange(Microseconds(seen[3]) - Microseconds(seen[1]), 0, 250_000);
        Assert.Equal(NodeState.Frozen, (await site.NodeAsync()).State);
        var stood = await site.NewestTickAsync();

        await site.IsAsync(NodeState.Available, $"once quiet after '{device}'");
        await site.TicksAsync($"once quiet after '{device}'", stood + 2);
    }

    private static long Microseconds(string usage) => long.Parse(usage.Split(' ')[1], CultureInfo.InvariantCulture);
}
