using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using System.Security.Cryptography;

namespace Opportunism.TestKit.Displays;

/// <summary>An X server without a screen, with a cookie of its own, whose mouse and keyboard a test moves.</summary>
[SupportedOSPlatform("linux")]
public sealed class XvfbDisplay : IAsyncDisposable
{
    private readonly Process server;

    private XvfbDisplay(Process server, int number, string folder, string authority)
    {
        this.server = server;
        Number = number;
        Folder = folder;
        Authority = authority;
    }

    /// <summary>The number the server chose.</summary>
    public int Number { get; }

    /// <summary>A folder with only this display's socket, as a link: other displays of the machine do not disturb a test.</summary>
    public string Folder { get; }

    /// <summary>The server's cookie file.</summary>
    public string Authority { get; }

    public int Process => server.Id;

    public string Link => Path.Combine(Folder, $"X{Number}");

    /// <summary>Starts a server and waits until it accepts connections.</summary>
    /// <param name="foreign">Run it as user "nobody" with a cookie file that another user owns, which no agent may trust. Only root
    /// can.</param>
    public static async Task<XvfbDisplay> StartAsync(bool foreign = false)
    {
        var folder = Directory.CreateTempSubdirectory("display-").FullName;
        var authority = Path.Combine(folder, "authority");
        await File.WriteAllBytesAsync(authority, Entry(RandomNumberGenerator.GetBytes(16)));
        if (foreign)
        {
            File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
            File.SetUnixFileMode(authority, (UnixFileMode)0b110_100_100);
        }

        string[] asNobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
        string[] line = [
            .. foreign ? asNobody : [], "Xvfb", "-displayfd", "1", "-auth", authority, "-noreset", "-nolisten", "tcp", "-screen", "0",
            "320x200x24"];
        var start = new ProcessStartInfo(line[0], line[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var server = System.Diagnostics.Process.Start(start)
            ?? throw new InvalidOperationException("Xvfb did not start; install the package xvfb.");
        server.ErrorDataReceived += static (_, _) => { };
        server.BeginErrorReadLine();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        var number = await server.StandardOutput.ReadLineAsync(limit.Token)
            ?? throw new InvalidOperationException("Xvfb ended before it had a display.");
        var display = new XvfbDisplay(server, int.Parse(number, CultureInfo.InvariantCulture), folder, authority);
        if (!foreign) display.AppearIn(folder);
        return display;
    }

    /// <summary>Puts the display's socket into <see cref="Folder"/>.</summary>
    public void Appear() => AppearIn(Folder);

    /// <summary>Puts it into another folder.</summary>
    public void AppearIn(string folder) => File.CreateSymbolicLink(Path.Combine(folder, $"X{Number}"), $"/tmp/.X11-unix/X{Number}");

    /// <summary>Moves the mouse by one pixel, as a person would.</summary>
    public Task MoveAsync() => XdotoolAsync("mousemove_relative", "--", "1", "0");

    /// <summary>Presses a key.</summary>
    public Task PressAsync() => XdotoolAsync("key", "shift");

    /// <summary>Moves the mouse some 100 times a second for that long.</summary>
    public async Task StormAsync(TimeSpan lasts)
    {
        string[] once = ["mousemove_relative", "--", "1", "0", "sleep", "0.01", "mousemove_relative", "--", "-1", "0", "sleep", "0.01"];
        var started = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(started) < lasts)
            await XdotoolAsync([.. Enumerable.Repeat(once, 20).SelectMany(words => words)]);
    }

    /// <summary>Kills the server; its socket remains, as after a crash.</summary>
    public async Task KillAsync()
    {
        server.Kill();
        await server.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!server.HasExited) await KillAsync();
        server.Dispose();
        Directory.Delete(Folder, recursive: true);
        foreach (var left in new[] { $"/tmp/.X11-unix/X{Number}", $"/tmp/.X{Number}-lock" }) File.Delete(left);
    }

    private static byte[] Entry(byte[] cookie)
    {
        // Family "wild", no address, no number: matches every display. Lengths are big-endian.
        var protocol = "MIT-MAGIC-COOKIE-1"u8;
        return [0xff, 0xff, 0, 0, 0, 0, 0, (byte)protocol.Length, .. protocol, 0, (byte)cookie.Length, .. cookie];
    }

    private async Task XdotoolAsync(params string[] words)
    {
        var start = new ProcessStartInfo("xdotool", words);
        start.Environment["DISPLAY"] = $":{Number}";
        start.Environment["XAUTHORITY"] = Authority;
        using var tool = System.Diagnostics.Process.Start(start)
            ?? throw new InvalidOperationException("xdotool did not start; install the package xdotool.");
        await tool.WaitForExitAsync();
        if (tool.ExitCode != 0)
            throw new InvalidOperationException($"xdotool {string.Join(' ', words.Take(3))} on :{Number} ended with {tool.ExitCode}.");
    }
}
