using System.CommandLine;
using Opportunism.Cli;
using Opportunism.Cli.Terminal;
using Opportunism.Workshop;
using Spectre.Console;
using Xunit;

namespace Opportunism.UnitTests.Workshop;

public sealed class WorkshopCommandsTests
{
    [Fact]
    public void A_clone_has_every_command_that_tenants_get_and_those_that_play_a_site_on_this_machine()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "A site on one machine needs Linux.");
        var world = World(TextWriter.Null);

        Assert.Equal(["try", "up", "lab", .. Names(CommandList.Root(world))], Names(WorkshopCommands.Root(world)));
    }

    [Theory]
    [InlineData("try")]
    [InlineData("up")]
    [InlineData("lab", "status")]
    public async Task What_plays_a_site_on_this_machine_is_unknown_to_the_command_line_that_tenants_get(params string[] words)
    {
        var error = new StringWriter();
        var world = World(error);

        Assert.Equal(ExitCode.Usage, await CommandList.InvokeAsync(CommandList.Root(world), world, [CommandList.CheckWords, .. words]));
        Assert.Contains($"'{words[0]}'", error.ToString(), StringComparison.Ordinal);
    }

    private static IEnumerable<string> Names(RootCommand root) => root.Subcommands.Select(command => command.Name);

    private static CliWorld World(TextWriter error) => new()
    {
        Console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(TextWriter.Null) }),
        Output = TextWriter.Null,
        Error = error,
        Time = TimeProvider.System,
        Variable = _ => null,
    };
}
