using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Opportunism.TestKit.Desktops;

/// <summary>A desktop in a QEMU guest: real event devices, driven from outside, with a root shell inside.</summary>
/// <remarks>Devices: keyboard and mouse on PS/2; keyboard, mouse and tablet on USB, and a free port for one more keyboard. Each USB
/// keyboard and the tablet has a screen of its own, by which QEMU addresses events to it. A class fixture: one VM for all tests of a
/// class.</remarks>
public sealed class DesktopVm : IAsyncLifetime
{
    // A boot takes 4 s on a quiet machine without KVM.
    private static readonly TimeSpan BootsWithin = TimeSpan.FromMinutes(3);
    // A restart of the service during builds; 60 s were exceeded with a load of 40 on two cores.
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromMinutes(3);

    // A process closes its sockets a moment before it has ended.
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(5);

    // A kernel's panic with its call trace.
    private const int ConsoleLines = 80;

    private readonly string folder = Directory.CreateTempSubdirectory("desktop-").FullName;
    private readonly Func<Task<string>> getImage;
    private readonly Func<Task<IReadOnlyList<string>>> getHardware;
    private readonly StringBuilder qemuSaid = new();
    private Process? qemu;
    private LineSocket? shell;
    private LineSocket? control;

    /// <summary>A desktop for the monitors' probe.</summary>
    public DesktopVm()
        : this(DesktopImage.WithProbeAsync, () => Task.FromResult<IReadOnlyList<string>>(["-m", "256"]))
    {
    }

    /// <param name="getImage">Makes its kernel and initramfs.</param>
    /// <param name="getHardware">Memory and all other hardware besides input devices, as QEMU's arguments.</param>
    internal DesktopVm(Func<Task<string>> getImage, Func<Task<IReadOnlyList<string>>> getHardware) =>
        (this.getImage, this.getHardware) = (getImage, getHardware);

    /// <summary>The third serial port, where the probe listens.</summary>
    internal LineSocket Probe { get; private set; } = null!;

    private string ConsoleFile => Path.Combine(folder, "console");

    public async ValueTask InitializeAsync()
    {
        var image = await getImage();

        // no_timer_check: on a busy machine QEMU may not be scheduled while the kernel counts the timer's ticks, and the kernel would panic
        // as if the timer were broken.
        string[] arguments =
        [
            "-machine", "pc,accel=tcg", .. await getHardware(), "-nodefaults", "-display", "none", "-no-reboot",
            "-kernel", Path.Combine(image, "vmlinuz"), "-initrd", Path.Combine(image, "initrd"), "-append",
            "console=ttyS0 quiet panic=-1 no_timer_check",
            "-serial", $"file:{ConsoleFile}",
            "-serial", $"unix:{Path.Combine(folder, "shell")},server=on,wait=off",
            "-serial", $"unix:{Path.Combine(folder, "probe")},server=on,wait=off",
            "-qmp", $"unix:{Path.Combine(folder, "control")},server=on,wait=off",
            "-device", "VGA,id=head0", "-device", "secondary-vga,id=head1", "-device", "secondary-vga,id=head2", "-device",
            "secondary-vga,id=head3",
            "-device", "qemu-xhci,id=usb", "-device", "usb-kbd,bus=usb.0,display=head1", "-device", "usb-mouse,bus=usb.0", "-device",
            "usb-tablet,bus=usb.0,display=head2",
        ];
        qemu = Process.Start(new ProcessStartInfo("qemu-system-x86_64", arguments) { RedirectStandardError = true })
            ?? throw new InvalidOperationException("QEMU did not start; install qemu-system-x86.");
        qemu.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is null) return; // the end
            lock (qemuSaid) qemuSaid.AppendLine(line.Data);
        };
        qemu.BeginErrorReadLine();
        var started = TimeProvider.System.GetTimestamp();
        while (!File.Exists(ConsoleFile) || !(await File.ReadAllTextAsync(ConsoleFile)).Contains("desktop ready", StringComparison.Ordinal))
        {
            if (qemu.HasExited) throw new IOException($"The desktop has not booted. {await TellAsync()}");
            if (TimeProvider.System.GetElapsedTime(started) > BootsWithin)
                throw new TimeoutException($"The desktop has not booted within {BootsWithin}. {await TellAsync()}");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }

        shell = new(Path.Combine(folder, "shell"), AnswersWithin, TellAsync);
        Probe = new(Path.Combine(folder, "probe"), AnswersWithin, TellAsync);
        control = new(Path.Combine(folder, "control"), AnswersWithin, TellAsync);
        await control.HearAsync();
        await ControlAsync("qmp_capabilities");

        // USB devices are found a moment after the boot.
        string found;
        while (!(found = await RunAsync("cat /sys/class/input/event*/device/name")).Contains("QEMU USB Tablet", StringComparison.Ordinal))
        {
            if (TimeProvider.System.GetElapsedTime(started) > BootsWithin)
                throw new TimeoutException(
                    $"The desktop has not found its USB tablet within {BootsWithin}; it found:\n{found}\n{await TellAsync()}");
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        }
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

    /// <summary>Runs a line in the guest's root shell and returns its output.</summary>
    public async Task<string> RunAsync(string line)
    {
        const string End = "--end--";
        await shell!.SayAsync(line);
        await shell.SayAsync($"echo; echo '{End}'");
        var said = new List<string>();
        while (await shell.HearAsync() is var heard && heard.TrimEnd() != End) said.Add(heard.TrimEnd());
        return string.Join('\n', said).Trim();
    }

    /// <summary>Writes a file in the guest.</summary>
    public Task WriteAsync(string path, string text) =>
        RunAsync($"echo {Convert.ToBase64String(Encoding.UTF8.GetBytes(text))} | base64 -d >{path}");

    /// <summary>From now on the guest's kernel records which devices events come from.</summary>
    // Opened here, since a reader in the background may be too late.
    public Task ListenAsync() =>
        RunAsync(
            "rm -f /tmp/listeners; : >/tmp/heard; for e in /sys/class/input/event*; do exec 9</dev/input/${e##*/}; (head -c 1 <&9 "
                + ">/dev/null 2>&1 && cat $e/device/name >>/tmp/heard) & echo $! >>/tmp/listeners; exec 9<&-; done");

    /// <summary>The names of the devices that events came from since <see cref="ListenAsync"/>, one per line; empty when there was none for
    /// 10 s. Ends the recording.</summary>
    public Task<string> HeardAsync() =>
        RunAsync(
            "n=0; while [ ! -s /tmp/heard ] && [ $n -lt 100 ]; do sleep 0.1; n=$((n + 1)); done; sort -u /tmp/heard; kill $(cat "
                + "/tmp/listeners) 2>/dev/null; killall -q head");

    /// <summary>Starts the monitors' probe in the guest.</summary>
    /// <param name="through">A program that runs it, such as strace, with its arguments.</param>
    public async Task<DesktopMonitorRun> StartProbeAsync(string through = "")
    {
        await RunAsync($"probe-on-serial {through} probe input &");
        return await DesktopMonitorRun.StartedAsync(this);
    }

    /// <summary>Presses and releases a key on the PS/2 keyboard, or on the USB keyboard of a screen.</summary>
    public Task PressAsync(string? screen = null) => SendAsync(
        screen,
        """{"type":"key","data":{"down":true,"key":{"type":"qcode","data":"shift"}}},"""
        + """{"type":"key","data":{"down":false,"key":{"type":"qcode","data":"shift"}}}""");

    /// <summary>Moves the mouse.</summary>
    public Task MoveAsync() => SendAsync(null, """{"type":"rel","data":{"axis":"x","value":3}}""");

    /// <summary>Moves the tablet's pen to another place.</summary>
    public Task PointAsync(int x) => SendAsync(
        "head2",
        $$$"""{"type":"abs","data":{"axis":"x","value":{{{x}}}}},"""
        + $$$"""{"type":"abs","data":{"axis":"y","value":{{{x}}}}}""");

    /// <summary>Presses and releases a button of the mouse.</summary>
    // In two reports: within one the button's state would not change.
    public async Task ClickAsync()
    {
        await SendAsync(null, """{"type":"btn","data":{"down":true,"button":"left"}}""");
        await SendAsync(null, """{"type":"btn","data":{"down":false,"button":"left"}}""");
    }

    /// <summary>Pushes the machine's power button.</summary>
    public Task PushPowerButtonAsync() => ControlAsync("system_powerdown");

    /// <summary>Puts the machine to sleep (ACPI S3), wakes it some time later, and returns the output of a shell line that runs as soon as
    /// it is awake.</summary>
    /// <param name="line">The line; commands that run before the sleep may precede <c>SLEEP</c> in it.</param>
    /// <param name="asleep">How long it sleeps; its clock counts whole seconds meanwhile.</param>
    public async Task<string> SleepAsync(string line, TimeSpan asleep)
    {
        var said = RunAsync(line.Replace("SLEEP", "echo deep >/sys/power/mem_sleep; echo mem >/sys/power/state", StringComparison.Ordinal));
        var began = TimeProvider.System.GetTimestamp();
        while ((await ControlAsync("query-status")).GetProperty("status").GetString() != "suspended")
        {
            if (TimeProvider.System.GetElapsedTime(began) > AnswersWithin)
                throw new TimeoutException($"The desktop does not sleep. {await TellAsync()}");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }

        await Task.Delay(asleep, TimeProvider.System);
        await ControlAsync("system_wakeup");
        return await said;
    }

    /// <summary>Plugs in one more USB keyboard, on the screen <c>head3</c>.</summary>
    public Task PlugAsync() => ControlAsync("device_add", """{"driver":"usb-kbd","id":"plugged","bus":"usb.0","display":"head3"}""");

    /// <summary>Unplugs it.</summary>
    public Task UnplugAsync() => ControlAsync("device_del", """{"id":"plugged"}""");

    /// <summary>From now on mouse events come from the mouse whose name contains this.</summary>
    public async Task TakeMouseAsync(string name)
    {
        var mice = await ControlAsync("query-mice");
        var index = mice.EnumerateArray().Single(mouse => mouse.GetProperty("name").GetString()!.Contains(name, StringComparison.Ordinal))
            .GetProperty("index").GetInt32();
        await ControlAsync("human-monitor-command", $$"""{"command-line":"mouse_set {{index}}"}""");
    }

    private Task<JsonElement> SendAsync(string? screen, string events) =>
        ControlAsync(
            "input-send-event",
            screen is null ? $$"""{"events":[{{events}}]}""" : $$"""{"device":"{{screen}}","events":[{{events}}]}""");

    private async Task<JsonElement> ControlAsync(string command, string arguments = "{}")
    {
        await control!.SayAsync($$"""{"execute":"{{command}}","arguments":{{arguments}}}""");
        while (true)
        {
            using var answer = JsonDocument.Parse(await control.HearAsync());
            if (answer.RootElement.TryGetProperty("return", out var result)) return result.Clone();
            if (answer.RootElement.TryGetProperty("error", out var error))
                throw new InvalidOperationException($"QEMU refused {command} {arguments}: {error}");
        }
    }

    /// <summary>QEMU's state or exit code, its error output, and the end of the desktop's console.</summary>
    private async Task<string> TellAsync()
    {
        var process = qemu ?? throw new InvalidOperationException("The desktop was not started.");
        using var limit = new CancellationTokenSource(EndsWithin, TimeProvider.System);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            // It still runs.
        }

        var state = process switch
        {
            { HasExited: false } => "still runs",
            // The convention of shells.
            { ExitCode: > 128 and var code } => $"was ended by signal {code - 128}",
            { ExitCode: var code } => $"ended with exit code {code}",
        };
        string[] console = File.Exists(ConsoleFile) ? await File.ReadAllLinesAsync(ConsoleFile) : ["(none)"];
        lock (qemuSaid)
            return $"The desktop's QEMU {state}; it said:\n{qemuSaid}The end of the desktop's "
                + $"console:\n{string.Join('\n', console.TakeLast(ConsoleLines))}";
    }
}
