using System.Diagnostics;
using System.Runtime.Versioning;

namespace Opportunism.TestKit.Displays;

/// <summary>A Wayland compositor without a screen, run by user "nobody", that starts an X server when the first program connects to its
/// display. Only root can start it.</summary>
[SupportedOSPlatform("linux")]
public sealed class SwayDesktop : IAsyncDisposable
{
    // sway refuses to run as root.
    private static readonly string[] AsNobody = ["--reuid=65534", "--regid=65534", "--clear-groups"];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process compositor;
    private readonly string runtime;

    private SwayDesktop(Process compositor, string runtime, string display)
    {
        this.compositor = compositor;
        this.runtime = runtime;
        Display = display;
    }

    /// <summary>Its X display, such as <c>:0</c>.</summary>
    public string Display { get; }

    /// <summary>True when the X server of its display runs.</summary>
    public bool ServerRuns => Process.GetProcessesByName("Xwayland").Any(server => CommandLine(server).Contains(Display));

    /// <summary>Starts it and waits until it has a display.</summary>
    public static async Task<SwayDesktop> StartAsync()
    {
        var runtime = Directory.CreateTempSubdirectory("sway-").FullName;
        var (config, display) = (Path.Combine(runtime, "config"), Path.Combine(runtime, "display"));
        await File.WriteAllTextAsync(
            config,
            "xwayland enable\nexec echo $DISPLAY >$XDG_RUNTIME_DIR/display.part && mv $XDG_RUNTIME_DIR/display.part "
            + "$XDG_RUNTIME_DIR/display\n");
        using (var own = Process.Start("chown", ["-R", "65534:65534", runtime])) await own.WaitForExitAsync();
        var start = new ProcessStartInfo("setpriv", [.. AsNobody, "sway", "-c", config])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        start.Environment.Remove("DISPLAY");
        start.Environment.Remove("WAYLAND_DISPLAY");
        foreach (var (name, value) in new[] { ("HOME", runtime), ("XDG_RUNTIME_DIR", runtime), ("WLR_BACKENDS", "headless"),
            ("WLR_LIBINPUT_NO_DEVICES", "1"), ("WLR_RENDERER", "pixman") })
            start.Environment[name] = value;
        var compositor = Process.Start(start)
            ?? throw new InvalidOperationException("sway did not start; install the packages sway and xwayland.");
        compositor.OutputDataReceived += static (_, _) => { };
        compositor.ErrorDataReceived += static (_, _) => { };
        compositor.BeginOutputReadLine();
        compositor.BeginErrorReadLine();
        var started = TimeProvider.System.GetTimestamp();
        while (!File.Exists(display))
        {
            if (compositor.HasExited || TimeProvider.System.GetElapsedTime(started) > Patience)
                throw new InvalidOperationException(
                    $"sway has no display after {TimeProvider.System.GetElapsedTime(started)}; ended: {compositor.HasExited}. Install "
                        + "the packages sway and xwayland.");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }

        return new(compositor, runtime, (await File.ReadAllTextAsync(display)).Trim());
    }

    /// <summary>Puts the display's socket into a folder.</summary>
    public void AppearIn(string folder) =>
        File.CreateSymbolicLink(Path.Combine(folder, $"X{Display[1..]}"), $"/tmp/.X11-unix/X{Display[1..]}");

    /// <summary>Its user moves the mouse of its X server, which starts it.</summary>
    public async Task MoveAsync()
    {
        var start = new ProcessStartInfo("setpriv", [.. AsNobody, "xdotool", "mousemove_relative", "--", "1", "0"]);
        start.Environment["DISPLAY"] = Display;
        using var tool = Process.Start(start) ?? throw new InvalidOperationException("xdotool did not start; install the package xdotool.");
        await tool.WaitForExitAsync();
        if (tool.ExitCode != 0) throw new InvalidOperationException($"xdotool on {Display} ended with {tool.ExitCode}.");
    }

    public async ValueTask DisposeAsync()
    {
        if (!compositor.HasExited) compositor.Kill();
        await compositor.WaitForExitAsync();
        foreach (var server in Process.GetProcessesByName("Xwayland").Where(server => CommandLine(server).Contains(Display))) server.Kill();
        compositor.Dispose();
        Directory.Delete(runtime, recursive: true);
        foreach (var left in new[] { $"/tmp/.X11-unix/X{Display[1..]}", $"/tmp/.X{Display[1..]}-lock" }) File.Delete(left);
    }

    private static string[] CommandLine(Process process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process.Id}/cmdline").Split('\0');
        }
        catch (IOException)
        {
            return []; // it has ended
        }
    }
}
