using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Opportunism.Cli;
using Opportunism.Cli.Terminal;
using Opportunism.Contracts.Api;
using Spectre.Console;
using Xunit;

namespace Opportunism.UnitTests.Cli;

/// <summary>What <c>status</c> shows when only one half of it can be asked.</summary>
public sealed class StatusTests : IDisposable
{
    private const string Away = "The site said no.";

    private readonly string folder = Directory.CreateTempSubdirectory("status-").FullName;
    private readonly FakeSite site = new();
    private readonly StringWriter output = new();
    private readonly StringWriter error = new();
    private readonly FakeTimeProvider time = new();
    private readonly string socket;

    public StatusTests()
    {
        socket = Path.Combine(folder, "agent.sock");
        File.WriteAllText(
            Path.Combine(folder, SiteFile.Name),
            """{"url":"https://site.example:7443","caPath":"ca.pem","caFingerprint":"00","processId":1}""");
        File.WriteAllText(Path.Combine(folder, SiteFile.AdminTokenName), "secret\n");
    }

    public void Dispose()
    {
        site.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_desktop_is_shown_without_its_site(bool json)
    {
        using var listener = Listen();
        var answered = LocalAnswer.GiveAsync(listener);

        Assert.Equal(ExitCode.NotConnected, await RunAsync(json, new AwaySite()));

        await answered;
        Assert.Equal(Away, error.ToString().Trim());
        if (!json) Assert.Contains("the owner was seen by input", output.ToString(), StringComparison.Ordinal);
        else Assert.Equal((false, true), Halves());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_site_is_shown_without_the_desktop(bool json)
    {
        LeaveStaleSocket();
        site.Answers(
            "GET /v1/status",
            JsonSerializer.Serialize(new SiteStatus { Version = "1.2.3", Cloud = "embedded" }, SiteJson.Default.SiteStatus));

        Assert.Equal(ExitCode.NotConnected, await RunAsync(json, site));

        Assert.StartsWith($"No agent is reachable at {socket}", error.ToString(), StringComparison.Ordinal);
        if (!json) Assert.Contains("controller 1.2.3", output.ToString(), StringComparison.Ordinal);
        else Assert.Equal((true, false), Halves());
    }

    [Fact]
    public async Task Without_either_both_are_named_and_nothing_is_shown()
    {
        LeaveStaleSocket();

        Assert.Equal(ExitCode.NotConnected, await RunAsync(json: true, new AwaySite()));

        Assert.StartsWith($"No agent is reachable at {socket}", error.ToString(), StringComparison.Ordinal);
        Assert.Contains(Away, error.ToString(), StringComparison.Ordinal);
        Assert.Empty(output.ToString());
    }

    [Fact]
    public async Task An_agent_that_hangs_is_named_and_the_site_is_shown()
    {
        site.Answers(
            "GET /v1/status",
            JsonSerializer.Serialize(new SiteStatus { Version = "1.2.3", Cloud = "embedded" }, SiteJson.Default.SiteStatus));
        using var listener = Listen();
        var running = RunAsync(json: false, site);
        using var connection = await listener.AcceptAsync();

        time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(ExitCode.NotConnected, await running);
        Assert.StartsWith($"The agent at {socket} timed out after 10 s.", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("controller 1.2.3", output.ToString(), StringComparison.Ordinal);
    }

    private (bool NoAgent, bool NoSite) Halves()
    {
        using var parsed = JsonDocument.Parse(output.ToString());
        return (
            parsed.RootElement.GetProperty("agent").ValueKind is JsonValueKind.Null,
            parsed.RootElement.GetProperty("site").ValueKind is JsonValueKind.Null);
    }

    private Socket Listen()
    {
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(socket));
        listener.Listen(1);
        return listener;
    }

    // As an agent leaves it that was killed: .NET removes the file of a socket that it closes itself.
    private void LeaveStaleSocket() => File.WriteAllText(socket, "");

    private async Task<int> RunAsync(bool json, HttpMessageHandler handler)
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
            Error = error,
            Time = time,
            Variable = _ => null,
            OpenSite = address => new SiteClient(new Uri(address.Url), handler, address.Token),
        };
        string[] more = json ? ["--json"] : [];
        string[] words = ["status", "--site", folder, "--agent-socket", socket, .. more];
        return await CommandList.InvokeAsync(CommandList.Root(world), world, words);
    }

    private sealed class AwaySite : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            throw new SiteException(Away);
    }
}
