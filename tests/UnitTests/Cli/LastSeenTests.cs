using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using Opportunism.Cli;
using Opportunism.Cli.Terminal;
using Spectre.Console;
using Xunit;

namespace Opportunism.UnitTests.Cli;

/// <summary>What a person at the desktop reads about the device that was active last.</summary>
public sealed class LastSeenTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("last-").FullName;
    private readonly StringWriter output = new();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("status")]
    [InlineData("doctor")]
    public async Task It_is_named_with_its_event_node(string command)
    {
        var socket = Path.Combine(folder, "agent.sock");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(socket));
        listener.Listen(1);
        var answered = LocalAnswer.GiveAsync(listener);

        await RunAsync(command, "--agent-socket", socket);

        await answered;
        Assert.Contains("input: USB Keyboard (event3 at usb-0000:00:14.0-1/input0)", output.ToString(), StringComparison.Ordinal);
    }

    private Task<int> RunAsync(params string[] words)
    {
        var console = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Ansi = AnsiSupport.No,
                ColorSystem = ColorSystemSupport.NoColors,
                Interactive = InteractionSupport.No,
                Out = new AnsiConsoleOutput(output),
            });
        console.Profile.Width = 200;
        var world = new CliWorld
        {
            Console = console,
            Output = output,
            Error = output,
            Time = new FakeTimeProvider(),
            Variable = _ => null,
            OpenSite = _ => throw new InvalidOperationException("No site is asked."),
        };
        return CommandList.InvokeAsync(CommandList.Root(world), world, words);
    }
}
