using System.Runtime.Versioning;
using System.Text.RegularExpressions;
using Opportunism.TestKit.Sites;
using Xunit;

namespace Opportunism.SystemTests.CommandLine;

/// <summary>What is published: the command line that tenants get, and that of a clone.</summary>
[SupportedOSPlatform("linux")]
public sealed partial class PublishedProgramsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Tenants_get_no_command_that_plays_a_site_on_one_machine_and_nothing_of_its_code()
    {
        Assert.Empty(OfOneMachine().Matches(await HelpAsync(RealSite.CliProgram)));
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(RealSite.CliProgram)!, "Opportunism.Workshop*"));
    }

    [Fact]
    public async Task A_clone_has_them_beside_every_other_command()
    {
        var (tenants, clones) = (await HelpAsync(RealSite.CliProgram), await HelpAsync(RealSite.WorkshopProgram));

        Assert.Equal(["try", "up", "lab"], OfOneMachine().Matches(clones).Select(match => match.Groups[1].Value));
        Assert.Equal(CommandWords(tenants), CommandWords(clones).Except(["try", "up", "lab"]));
    }

    private static IEnumerable<string> CommandWords(string help) =>
        CommandRow().Matches(help[help.IndexOf("Commands:", StringComparison.Ordinal)..]).Select(match => match.Groups[1].Value);

    private static async Task<string> HelpAsync(string path)
    {
        await using var program = RealProgram.Start("help", path, "--help");
        await program.Reading.WaitAsync(Patience, TimeProvider.System);
        Assert.True(program.EndsWithin(Patience) && program.ExitCode == 0, program.Said);
        Assert.Contains("Commands:", program.Said, StringComparison.Ordinal);
        return program.Said;
    }

    [GeneratedRegex(@"^  (try|up|lab)\b", RegexOptions.Multiline)]
    private static partial Regex OfOneMachine();

    // A row that goes on over lines has more blanks at their beginning.
    [GeneratedRegex(@"^  ([a-z][a-z-]*)", RegexOptions.Multiline)]
    private static partial Regex CommandRow();
}
