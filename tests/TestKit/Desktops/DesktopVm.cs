using System.Diagnostics;
using System.Text.Json;
using Xunit;

namespace Opportunism.TestKit.Desktops;

/// <summary>A desktop in a QEMU guest: real event devices, moved from outside, with a root shell inside.</summary>
/// <remarks>Devices: keyboard and mouse on PS/2; keyboard, mouse and tablet on USB, and room for one more keyboard. Each USB keyboard and
/// the tablet has a screen of its own, which is how an event is addressed to it. A class fixture: one VM for all tests of a class.</remarks>
public sealed class DesktopVm : IAsyncLifetime
{
    // A boot takes 4 s on a quiet machine without KVM.
    private static readonly TimeSpan BootsWithin = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(60);

    private readonly string folder = Directory.CreateTempSubdirectory("desktop-").FullName;
    private Process? qemu;
    private LineSocket? shell;
    private LineSocket? control;

    /// <summary>The third serial port, where the probe listens.</summary>
    internal LineSocket Probe { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var image = await DesktopImage.GetAsync();
        string[] arguments =
        [
            "-machine", "pc,accel=tcg", "-m", "256", "-nodefaults", "-display", "none", "-no-reboot",
            "-kernel", Path.Combine(image, "vmlinuz"), "-initrd", Path.Combine(image, "initrd"), "-append", "console=ttyS0 quiet panic=-1",
            "-serial", $"file:{Path.Combine(folder, "console")}",
            "-serial", $"unix:{Path.Combine(folder, "shell")},server=on,wait=off",
            "-serial", $"unix:{Path.Combine(folder, "probe")},server=on,wait=off",
            "-qmp", $"unix:{Path.Combine(folder, "control")},server=on,wait=off",
            "-device", "VGA,id=head0", "-device", "secondary-vga,id=head1", "-device", "secondary-vga,id=head2", "-device", "secondary-vga,id=head3",
            "-device", "qemu-xhci,id=usb", "-device", "usb-kbd,bus=usb.0,display=head1", "-device", "usb-mouse,bus=usb.0", "-device", "usb-tablet,bus=usb.0,display=head2",
        ];
        qemu = Process.Start(new ProcessStartInfo("qemu-system-x86_64", arguments)) ?? throw new InvalidOperationException("QEMU did not start; install qemu-system-x86.");
        var console = Path.Combine(folder, "console");
        var started = TimeProvider.System.GetTimestamp();
        while (!File.Exists(console) || !(await File.ReadAllTextAsync(console)).Contains("desktop ready", StringComparison.Ordinal))
        {
            if (qemu.HasExited || TimeProvider.System.GetElapsedTime(started) > BootsWithin) throw new TimeoutException($"The desktop has not booted within {BootsWithin}: {(File.Exists(console) ? await File.ReadAllTextAsync(console) : "no console")}");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }

        shell = new(Path.Combine(folder, "shell"), AnswersWithin);
        Probe = new(Path.Combine(folder, "probe"), AnswersWithin);
        control = new(Path.Combine(folder, "control"), AnswersWithin);
        await control.HearAsync();
        await ControlAsync("qmp_capabilities");

        // USB devices are found a moment after the boot.
        while (!(await RunAsync("cat /sys/class/input/event*/device/name")).Contains("QEMU USB Tablet", StringComparison.Ordinal)) await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        shell?.Dispose();
        control?.Dispose();
        Probe?.Dispose();
        if (qemu is { HasExited: false })
        {
            qemu.Kill();
            await qemu.WaitForExitAsync();
        }

        qemu?.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Runs a line in the guest's root shell and answers what it printed.</summary>
    public async Task<string> RunAsync(string line)
    {
        const string End = "--end--";
        await shell!.SayAsync(line);
        await shell.SayAsync($"echo; echo '{End}'");
        var said = new List<string>();
        while (await shell.HearAsync() is var heard && heard.TrimEnd() != End) said.Add(heard.TrimEnd());
        return string.Join('\n', said).Trim();
    }

    /// <summary>Starts the monitors' probe in the guest.</summary>
    /// <param name="through">A program that runs it, such as strace, with its arguments.</param>
    public async Task<DesktopMonitorRun> StartProbeAsync(string through = "")
    {
        await RunAsync($"probe-on-serial {through} probe input &");
        return await DesktopMonitorRun.StartedAsync(this);
    }

    /// <summary>Presses and releases a key on the PS/2 keyboard, or on the USB keyboard of a screen.</summary>
    public Task PressAsync(string? screen = null) => SendAsync(screen, """{"type":"key","data":{"down":true,"key":{"type":"qcode","data":"shift"}}},{"type":"key","data":{"down":false,"key":{"type":"qcode","data":"shift"}}}""");

    /// <summary>Moves the mouse.</summary>
    public Task MoveAsync() => SendAsync(null, """{"type":"rel","data":{"axis":"x","value":3}}""");

    /// <summary>Puts the tablet's pen somewhere else.</summary>
    public Task PointAsync(int x) => SendAsync("head2", $$$"""{"type":"abs","data":{"axis":"x","value":{{{x}}}}},{"type":"abs","data":{"axis":"y","value":{{{x}}}}}""");

    /// <summary>Plugs in one more USB keyboard, on the screen <c>head3</c>.</summary>
    public Task PlugAsync() => ControlAsync("device_add", """{"driver":"usb-kbd","id":"plugged","bus":"usb.0","display":"head3"}""");

    /// <summary>Unplugs it.</summary>
    public Task UnplugAsync() => ControlAsync("device_del", """{"id":"plugged"}""");

    private Task SendAsync(string? screen, string events) =>
        ControlAsync("input-send-event", screen is null ? $$"""{"events":[{{events}}]}""" : $$"""{"device":"{{screen}}","events":[{{events}}]}""");

    private async Task ControlAsync(string command, string arguments = "{}")
    {
        await control!.SayAsync($$"""{"execute":"{{command}}","arguments":{{arguments}}}""");
        while (true)
        {
            using var answer = JsonDocument.Parse(await control.HearAsync());
            if (answer.RootElement.TryGetProperty("return", out _)) return;
            if (answer.RootElement.TryGetProperty("error", out var error)) throw new InvalidOperationException($"QEMU refused {command} {arguments}: {error}");
        }
    }
}
