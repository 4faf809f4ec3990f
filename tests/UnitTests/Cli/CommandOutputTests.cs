using Opportunism.Cli.Terminal;
using Xunit;

namespace Opportunism.UnitTests.Cli;

/// <summary>What commands show, also on a narrow terminal.</summary>
public sealed class CommandOutputTests : SiteCommands
{
    [Fact]
    public async Task Nodes_are_listed()
    {
        Site.Answers("GET /v1/nodes", $"[{Node}]");
        Assert.Equal(ExitCode.Done, await RunAsync("nodes"));
        Assert.Contains("lab3-07", Output.ToString(), StringComparison.Ordinal);
        Assert.Contains("the owner was seen by input", Output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_site_says_is_never_read_as_markup()
    {
        Site.Answers("GET /v1/nodes/lab3-07", Node);
        Assert.Equal(ExitCode.Done, await RunAsync("node", "show", "lab3-07"));
        Assert.Contains("no [keyboard] here", Output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(70, "nodes")]
    [InlineData(80, "nodes")]
    [InlineData(70, "vm", "list")]
    [InlineData(80, "vm", "list")]
    [InlineData(70, "image", "list")]
    [InlineData(80, "image", "list")]
    [InlineData(70, "token", "list")]
    [InlineData(80, "token", "list")]
    [InlineData(70, "events")]
    [InlineData(80, "events")]
    public async Task A_list_is_whole_on_a_narrow_terminal(int columns, params string[] words)
    {
        var (name, id, sha) = (new string('n', 40), "0123456789abcdef0123456789abcdef", new string('a', 64));
        const string Made = "2026-11-22T16:00:00Z", Note = "for the machines of room 3";
        const string Sentence = "the owner was seen by input on a desktop whose name is long, and its guests stand still";
        Site.Answers("GET /v1/nodes", $"[{Node.Replace("lab3-07", name, StringComparison.Ordinal)}]")
            .Answers("GET /v1/vms", $"[{Vm.Replace("sum", name, StringComparison.Ordinal)}]")
            .Answers("GET /v1/images", $$"""
                [{"sha256":"{{sha}}","name":"{{name}}","format":"Qcow2","bytes":536870912,"state":"Ready","created":"{{Made}}","vms":1}]
                """)
            .Answers("GET /v1/tokens/join", $$"""
                [{"id":"{{id}}","usesLeft":1,"created":"{{Made}}","expires":"2026-11-22T17:00:00Z","revoked":false,"note":"{{Note}}"}]
                """)
            .Answers("GET /v1/tokens/people", $$"""
                [{"id":"{{sha[..16]}}","name":"{{name}}","role":"Operator","created":"{{Made}}","expires":null,"revoked":true}]
                """)
            .Answers("GET /v1/events?after=0&take=50", $$"""
                [{"id":1,"at":"{{Made}}","kind":"node.frozen","severity":"Note","node":"{{name}}","vm":null,"sentence":"{{Sentence}}"}]
                """);
        Width = columns;
        Assert.Equal((ExitCode.Done, ""), (await RunAsync(words), Error.ToString()));
        string[] expected = words[0] switch
        {
            "nodes" => [name, "Frozen", "the owner was seen by input"],
            "vm" => [name, "Waiting", "1024 MiB", "no node has room"],
            "image" => [name, "Ready", "512 MiB", sha],
            "token" => [
                id, "joining", "1 more", "2026-11-22 17:00", Note, sha[..16], name, "Operator", "never",
                "revoked"],
            _ => ["2026-11-22 16:00:00", "node.frozen", name, Sentence],
        };
        var shown = Unwrapped(Output.ToString());
        foreach (var word in expected.SelectMany(text => text.Split(' '))) Assert.Contains(word, shown, StringComparison.Ordinal);
        Assert.DoesNotContain('\u2026', shown);
        // Only an id that is longer than the line may reach beyond it.
        Assert.All(
            Output.ToString().ReplaceLineEndings("\n").Split('\n').Where(line => !line.Contains(sha, StringComparison.Ordinal)),
            line => Assert.InRange(line.Length, 0, columns));
    }

    [Theory]
    [InlineData("stop", "Running", "The stop of sum is requested. It is Running now and becomes Stopped when its node has turned it off")]
    [InlineData("stop", "Stopped", "sum is Stopped; its disk is kept.")]
    [InlineData(
        "start", "Stopped", "The start of sum is requested. It is Stopped now (no node has room) and becomes Running when a node runs it")]
    [InlineData("start", "Running", "sum is Running.")]
    public async Task Stop_and_start_say_what_was_asked_for_and_what_follows(string command, string status, string sentence)
    {
        Site.Answers($"POST /v1/vms/sum/{command}", Vm.Replace("Waiting", status, StringComparison.Ordinal));
        Assert.Equal(ExitCode.Done, await RunAsync("vm", command, "sum"));
        Assert.StartsWith(sentence, Output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_console_cannot_play_with_the_terminal()
    {
        Site.Answers(
            "GET /v1/vms/sum/console?offset=-1&waitSeconds=0",
            """{"offset":0,"nextOffset":9,"text":"tick 1\r\n\u001b]0;evil\u0007"}""");
        Assert.Equal(ExitCode.Done, await RunAsync("vm", "console", "sum"));
        Assert.Equal("tick 1\n\u241b]0;evil\u2407", Output.ToString());
    }
}
