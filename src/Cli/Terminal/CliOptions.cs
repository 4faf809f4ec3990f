using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Opportunism.Contracts.Api;
using Opportunism.Contracts.Local;

namespace Opportunism.Cli.Terminal;

/// <summary>The options that many commands have, and their effect.</summary>
internal sealed class CliOptions(CliWorld world)
{
    public CliWorld World { get; } = world;

    /// <summary>Global: which site.</summary>
    public Option<string?> Site { get; } = new("--site")
    {
        Description = $"The site's file (site.json) or its folder; else {SiteAddress.SiteVariable}, else "
            + "~/.config/opportunism/site.json, else the site of this machine ('up', or a controller with its default state folder).",
        Recursive = true,
        HelpName = "FILE",
    };

    /// <summary>Global: which agent.</summary>
    public Option<string> Socket { get; } = new("--agent-socket")
    {
        Description = "The socket of this desktop's agent.",
        Recursive = true,
        HelpName = "PATH",
        DefaultValueFactory = _ => LocalAgent.DefaultSocket,
    };

    /// <summary>An option of every command that prints something.</summary>
    public Option<bool> Json { get; } = new("--json") { Description = "Print JSON." };

    /// <summary>A command with <c>--json</c> that calls the site.</summary>
    public Command ForSite(Command command, Func<ParseResult, SiteClient, CancellationToken, Task<int>> run)
    {
        command.Options.Add(Json);
        command.SetAction((parsed, cancellationToken) => World.RunAsync(
            async () =>
            {
                using var site = Open(parsed);
                return await run(parsed, site, cancellationToken);
            },
            cancellationToken));
        return command;
    }

    /// <summary>A command with <c>--json</c> that calls this desktop's agent or makes no call.</summary>
    public Command ForDesktop(Command command, Func<ParseResult, CancellationToken, Task<int>> run)
    {
        command.Options.Add(Json);
        command.SetAction((parsed, cancellationToken) => World.RunAsync(() => run(parsed, cancellationToken), cancellationToken));
        return command;
    }

    /// <summary>The site that the options select.</summary>
    public SiteClient Open(ParseResult parsed) => World.OpenSite(SiteAddress.Find(parsed.GetValue(Site), World));

    /// <summary>Prints JSON when --json was given; otherwise runs the other action.</summary>
    public int Show<T>(ParseResult parsed, T value, JsonTypeInfo<T> type, Action otherwise)
    {
        if (parsed.GetValue(Json)) World.Output.WriteLine(JsonSerializer.Serialize(value, type));
        else otherwise();
        return ExitCode.Done;
    }

    /// <summary>The same for output of one sentence.</summary>
    public int Show<T>(ParseResult parsed, T value, JsonTypeInfo<T> type, string sentence) =>
        Show(parsed, value, type, () => World.Output.WriteLine(sentence));
}
