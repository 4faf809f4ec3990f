using Microsoft.Extensions.Time.Testing;
using Opportunism.Cli;
using Opportunism.Cli.Terminal;
using Opportunism.TestKit.OpenStack;
using Spectre.Console;
using Xunit;

namespace Opportunism.UnitTests.Cli.OpenStack;

/// <summary>A desktop with a clouds.yaml that names a stand-in for OpenStack,
/// and the command line on it. Time moves only while a command waits.</summary>
internal sealed class CloudDesk : IAsyncDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("desk-").FullName;

    private CloudDesk(FakeTimeProvider time, OpenStackStandIn standIn) => (Time, StandIn) = (time, standIn);

    public FakeTimeProvider Time { get; }

    public OpenStackStandIn StandIn { get; }

    public string CloudsFile => Path.Combine(folder, "clouds.yaml");

    /// <summary>Where start-node and stop-node remember.</summary>
    public string State { get; set; } = "";

    /// <summary>What happens while a command waits, after the clock was moved on.</summary>
    public Action? WhileWaiting { get; set; }

    /// <summary>What a command does that waits, instead of moving the clock on.</summary>
    public Func<TimeSpan, CancellationToken, Task>? Pause { get; set; }

    /// <summary>What the last command printed.</summary>
    public string Output { get; private set; } = "";

    /// <summary>What the last command said was wrong.</summary>
    public string Error { get; private set; } = "";

    /// <summary>How long the last command took.</summary>
    public TimeSpan Took { get; private set; }

    /// <summary>Everything that commands said.</summary>
    public string Said { get; private set; } = "";

    /// <summary>One with the host pc-1, open.</summary>
    public static async Task<CloudDesk> StartAsync()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 23, 9, 0, 0, TimeSpan.Zero));
        var desk = new CloudDesk(time, await OpenStackStandIn.StartAsync(time));
        desk.StandIn.AddHost("pc-1");
        desk.StandIn.WriteCloudsFile(desk.CloudsFile);
        desk.State = Path.Combine(desk.folder, "state");
        return desk;
    }

    /// <summary>Runs start-node or stop-node on pc-1.</summary>
    public Task<int> SwitchAsync(string command, params string[] more) => SwitchHostAsync(command, "pc-1", default, more);

    /// <summary>Runs start-node or stop-node.</summary>
    public Task<int> SwitchHostAsync(string command, string host, CancellationToken cancellationToken, params string[] more) =>
        RunAsync(cancellationToken, [command, "--host", host, "--clouds-file", CloudsFile, "--state", State, .. more]);

    /// <summary>Runs any command.</summary>
    public async Task<int> RunAsync(CancellationToken cancellationToken, params string[] words)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var began = Time.GetTimestamp();
        var world = World(output, error, began);
        var exit = await CommandList.InvokeAsync(CommandList.Root(world), world, words, cancellationToken);
        (Output, Error, Took) = (output.ToString(), error.ToString(), Time.GetElapsedTime(began));
        Said += Output + Error;
        return exit;
    }

    public async ValueTask DisposeAsync()
    {
        // Whatever a test did: no secret and no token was shown.
        Assert.DoesNotContain(OpenStackStandIn.Secret, Said, StringComparison.Ordinal);
        Assert.DoesNotContain("gAAAA", Said, StringComparison.Ordinal);
        await StandIn.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    private CliWorld World(StringWriter output, StringWriter error, long began)
    {
        var console = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Ansi = AnsiSupport.No,
                ColorSystem = ColorSystemSupport.NoColors,
                Interactive = InteractionSupport.No,
                Out = new AnsiConsoleOutput(output),
            });
        return new()
        {
            Console = console,
            Output = output,
            Error = error,
            Time = Time,
            Variable = _ => null,
            HostName = "pc-1",
            Pause = (wait, cancellationToken) => PassAsync(wait, began, cancellationToken),
        };
    }

    private Task PassAsync(TimeSpan wait, long began, CancellationToken cancellationToken)
    {
        // The longest time that may be given is an hour: one that its limit does not end would go on for ever, as fast as it can.
        if (Time.GetElapsedTime(began) > TimeSpan.FromHours(2))
            throw new InvalidOperationException($"The command has not ended in time. {Said}");
        if (Pause is { } pause) return pause(wait, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        Time.Advance(wait);
        WhileWaiting?.Invoke();
        cancellationToken.ThrowIfCancellationRequested();
        return Task.CompletedTask;
    }
}
