using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using Opportunism.Workshop.Site;

namespace Opportunism.Workshop.Try;

/// <summary>A seat on a machine that has none: a real X server without a screen (Xvfb), driven through the XTEST extension with
/// xdotool.</summary>
[SupportedOSPlatform("linux")]
internal sealed class VirtualSeat : ISeat
{
    private readonly OwnProcess server;
    private readonly string display;
    private readonly string authority;
    private readonly TimeProvider time;
    private int step;

    private VirtualSeat(OwnProcess server, string display, string authority, TimeProvider time) =>
        (this.server, this.display, this.authority, this.time) = (server, display, authority, time);

    public string Sentence => $"a virtual display (Xvfb {display}), played with xdotool";

    /// <summary>Starts a display of its own, with a cookie of its own.</summary>
    public static async Task<VirtualSeat> StartAsync(string folder, string logs, TimeProvider time, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        // /tmp/.X11-unix must exist before an X server that is not root can use it.
        Directory.CreateDirectory("/tmp/.X11-unix");
        for (var number = 90; number < 200; number++)
        {
            if (File.Exists($"/tmp/.X11-unix/X{number}") || File.Exists($"/tmp/.X{number}-lock")) continue;
            var display = $":{number}";
            var authority = Path.Combine(folder, $"display{number}.authority");
            await MakeCookieAsync(display, authority, cancellationToken);
            var server =
                OwnProcess.Start("display", "Xvfb", [display, "-screen", "0", "640x480x24", "-nolisten", "tcp", "-auth", authority], logs);
            var seat = new VirtualSeat(server, display, authority, time);
            if (await seat.AnswersAsync(cancellationToken)) return seat;
            // Another program took the number between our check and the server's start.
            await seat.DisposeAsync();
        }

        throw new IOException("No display from :90 to :199 could be started; see display.log.");
    }

    public async Task TouchAsync(CancellationToken cancellationToken)
    {
        var x = (100 + (step++ % 400)).ToString(CultureInfo.InvariantCulture);
        await RunAsync("xdotool", ["mousemove", x, "200"], cancellationToken);
    }

    public void Rest()
    {
        // There is no person.
    }

    public async ValueTask DisposeAsync()
    {
        await server.StopAsync(TimeSpan.FromSeconds(5), time);
        await server.DisposeAsync();
        File.Delete(authority);
    }

    private async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        for (var i = 0; i < 100 && !server.HasExited; i++)
        {
            if (File.Exists($"/tmp/.X11-unix/X{display[1..]}") && await TryAsync(cancellationToken)) return true;
            await Task.Delay(TimeSpan.FromMilliseconds(100), time, cancellationToken);
        }

        return false;
    }

    private async Task<bool> TryAsync(CancellationToken cancellationToken)
    {
        try
        {
            await RunAsync("xdotool", ["getmouselocation"], cancellationToken);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private async Task RunAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["DISPLAY"] = display;
        start.Environment["XAUTHORITY"] = authority;
        await RunAsync(start, cancellationToken);
    }

    /// <summary>The cookie is passed to xauth on its standard input: arguments can be read by every user.</summary>
    private static async Task MakeCookieAsync(string display, string authority, CancellationToken cancellationToken)
    {
        await using (
            new FileStream(
                authority,
                new FileStreamOptions
                {
                    Mode = FileMode.Create,
                    Access = FileAccess.Write,
                    UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                }))
        {
            // Only created, so that xauth finds it with the right mode.
        }

        var start = new ProcessStartInfo("xauth", ["-f", authority])
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        await RunAsync(start, cancellationToken, $"add {display} . {Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))}\nexit\n");
    }

    private static async Task RunAsync(ProcessStartInfo start, CancellationToken cancellationToken, string? input = null)
    {
        using var process = Process.Start(start) ?? throw new IOException($"{start.FileName} could not be started.");
        if (input is not null)
        {
            await process.StandardInput.WriteAsync(input.AsMemory(), cancellationToken);
            process.StandardInput.Close();
        }

        var said = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var complained = await process.StandardError.ReadToEndAsync(cancellationToken);
        await said;
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0) throw new IOException($"{start.FileName} ended with {process.ExitCode}: {complained.Trim()}");
    }
}
