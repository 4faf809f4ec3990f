using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Opportunism.Cli;
using Opportunism.Cli.Terminal;
using Opportunism.Contracts.Api;
using Opportunism.Core.Availability;
using Spectre.Console;

namespace Opportunism.UnitTests.Cli;

/// <summary>The command line beside a site whose replies a test chooses.</summary>
public abstract class SiteCommands : IDisposable
{
    protected SiteCommands()
    {
        SiteFilePath = Path.Combine(Folder, SiteFile.Name);
        File.WriteAllText(SiteFilePath, """{"url":"https://site.example:7443","caPath":"ca.pem","caFingerprint":"00","processId":1}""");
        File.WriteAllText(Path.Combine(Folder, SiteFile.AdminTokenName), "secret\n");
    }

    /// <summary>A node as the site shows it.</summary>
    protected static string Node { get; } = JsonSerializer.Serialize(
        new NodeView
        {
            Id = "lab3-07",
            State = NodeState.Frozen,
            Reason = "the owner was seen by input",
            Monitors = [new("input", false, 0, "no [keyboard] here")],
        },
        SiteJson.Default.NodeView);

    /// <summary>A VM as the site shows it.</summary>
    protected const string Vm = """
        {
            "id":"0123456789abcdef0123456789abcdef","name":"sum","status":"Waiting","why":"no node has room","vcpus":2,"memoryMiB":1024,
            "image":"tiny","policy":"suspend"
        }
        """;

    /// <summary>The site's site.json.</summary>
    protected string SiteFilePath { get; }

    protected StringWriter Output { get; } = new();

    protected StringWriter Error { get; } = new();

    /// <summary>A folder of this test's own.</summary>
    protected string Folder { get; } = Directory.CreateTempSubdirectory("cli-").FullName;

    /// <summary>Columns of the terminal.</summary>
    protected int Width { get; set; } = 200;

    /// <summary>Called instead of waiting; null waits.</summary>
    protected Func<TimeSpan, CancellationToken, Task>? Pause { get; set; }

    private protected FakeSite Site { get; } = new();

    /// <inheritdoc/>
    public void Dispose()
    {
        Site.Dispose();
        Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    protected static string Unwrapped(string text) =>
        string.Join(' ', text.Split((char[])[' ', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries));

    protected Task<int> RunAsync(params string[] words) => RunAsync(words, CancellationToken.None);

    protected async Task<int> RunAsync(string[] words, CancellationToken cancellationToken)
    {
        var world = World();
        return await CommandList.InvokeAsync(CommandList.Root(world), world, ["--site", SiteFilePath, .. words], cancellationToken);
    }

    private protected CliWorld World()
    {
        var console = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Ansi = AnsiSupport.No,
                ColorSystem = ColorSystemSupport.NoColors,
                Interactive = InteractionSupport.No,
                Out = new AnsiConsoleOutput(Output),
            });
        console.Profile.Width = Width;
        return new()
        {
            Console = console,
            Output = Output,
            Error = Error,
            Time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 22, 16, 0, 0, TimeSpan.Zero)),
            Variable = _ => null,
            Pause = Pause,
            OpenSite = address => new SiteClient(new Uri(address.Url), Site, address.Token),
        };
    }
}
