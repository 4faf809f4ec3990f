using System.CommandLine;
using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Opportunism.Cli;
using Opportunism.Cli.Terminal;
using Opportunism.Contracts.Api;
using Opportunism.Core.Availability;
using Spectre.Console;
using Xunit;

namespace Opportunism.UnitTests.Cli;

public sealed class CommandLineTests : IDisposable
{
    private static readonly string Node = JsonSerializer.Serialize(
        new NodeView
        {
            Id = "lab3-07",
            State = NodeState.Frozen,
            Reason = "the owner was seen by input",
            Monitors = [new("input", false, 0, "no [keyboard] here")],
        },
        SiteJson.Default.NodeView);

    private const string Vm = """{"id":"0123456789abcdef0123456789abcdef","name":"sum","status":"Waiting","why":"no node has room","vcpus":2,"memoryMiB":1024,"image":"tiny","policy":"suspend"}""";

    private readonly FakeTimeProvider time = new(new DateTimeOffset(2026, 11, 22, 16, 0, 0, TimeSpan.Zero));
    private readonly FakeSite site = new();
    private readonly StringWriter output = new();
    private readonly StringWriter error = new();
    private readonly string folder = Directory.CreateTempSubdirectory("cli-").FullName;
    private readonly string siteFile;
    private int width = 200;
    private Func<TimeSpan, CancellationToken, Task>? pause;

    public CommandLineTests()
    {
        siteFile = Path.Combine(folder, SiteFile.Name);
        File.WriteAllText(siteFile, """{"url":"https://site.example:7443","caPath":"ca.pem","caFingerprint":"00","processId":1}""");
        File.WriteAllText(Path.Combine(folder, SiteFile.AdminTokenName), "secret\n");
    }

    public void Dispose()
    {
        site.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Nodes_are_listed()
    {
        site.Answers("GET /v1/nodes", $"[{Node}]");
        Assert.Equal(ExitCode.Done, await RunAsync("nodes"));
        Assert.Contains("lab3-07", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("the owner was seen by input", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_site_says_is_never_read_as_markup()
    {
        site.Answers("GET /v1/nodes/lab3-07", Node);
        Assert.Equal(ExitCode.Done, await RunAsync("node", "show", "lab3-07"));
        Assert.Contains("no [keyboard] here", output.ToString(), StringComparison.Ordinal);
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
        const string Sentence = "the owner was seen by input on a desktop whose name is long, and its guests stand still";
        site.Answers("GET /v1/nodes", $"[{Node.Replace("lab3-07", name, StringComparison.Ordinal)}]")
            .Answers("GET /v1/vms", $"[{Vm.Replace("sum", name, StringComparison.Ordinal)}]")
            .Answers("GET /v1/images", $$"""[{"sha256":"{{sha}}","name":"{{name}}","format":"Qcow2","bytes":536870912,"state":"Ready","created":"2026-11-22T16:00:00Z","vms":1}]""")
            .Answers("GET /v1/tokens/join", $$"""[{"id":"{{id}}","usesLeft":1,"created":"2026-11-22T16:00:00Z","expires":"2026-11-22T17:00:00Z","revoked":false,"note":"for the machines of room 3"}]""")
            .Answers("GET /v1/tokens/people", $$"""[{"id":"{{sha[..16]}}","name":"{{name}}","role":"Operator","created":"2026-11-22T16:00:00Z","expires":null,"revoked":true}]""")
            .Answers("GET /v1/events?after=0&take=50", $$"""[{"id":1,"at":"2026-11-22T16:00:00Z","kind":"node.frozen","severity":"Note","node":"{{name}}","vm":null,"sentence":"{{Sentence}}"}]""");
        width = columns;
        Assert.Equal((ExitCode.Done, ""), (await RunAsync(words), error.ToString()));
        string[] expected = words[0] switch
        {
            "nodes" => [name, "Frozen", "the owner was seen by input"],
            "vm" => [name, "Waiting", "1024 MiB", "no node has room"],
            "image" => [name, "Ready", "512 MiB", sha],
            "token" => [
                id, "joining", "1 more", "2026-11-22 17:00", "for the machines of room 3", sha[..16], name, "Operator", "never",
                "revoked"],
            _ => ["2026-11-22 16:00:00", "node.frozen", name, Sentence],
        };
        var shown = Unwrapped(output.ToString());
        foreach (var word in expected.SelectMany(text => text.Split(' '))) Assert.Contains(word, shown, StringComparison.Ordinal);
        Assert.DoesNotContain('\u2026', shown);
        // Only an id that is longer than the line may reach beyond it.
        Assert.All(
            output.ToString().ReplaceLineEndings("\n").Split('\n').Where(line => !line.Contains(sha, StringComparison.Ordinal)),
            line => Assert.InRange(line.Length, 0, columns));
    }

    [Theory]
    [InlineData("nodes")]
    [InlineData("node", "show", "lab3-07")]
    [InlineData("vm", "list")]
    [InlineData("vm", "show", "sum")]
    [InlineData("image", "list")]
    [InlineData("events")]
    [InlineData("token", "list")]
    [InlineData("token", "create")]
    [InlineData("vm", "create", "sum", "--image", "tiny")]
    [InlineData("vm", "delete", "sum")]
    [InlineData("image", "delete", "tiny")]
    [InlineData("token", "revoke", "t1")]
    [InlineData("node", "snooze", "lab3-07", "--for", "2h")]
    [InlineData("openstack", "check")]
    public async Task Every_command_prints_json_when_asked(params string[] words)
    {
        site.Answers("GET /v1/nodes", $"[{Node}]").Answers("GET /v1/nodes/lab3-07", Node).Answers("POST /v1/nodes/lab3-07/snooze", Node)
            .Answers("GET /v1/vms", $"[{Vm}]").Answers("GET /v1/vms/sum", Vm).Answers("POST /v1/vms", Vm).Answers("DELETE /v1/vms/sum", Vm)
            .Answers("GET /v1/images", "[]").Answers("DELETE /v1/images/tiny", "{}").Answers("GET /v1/events?after=0&take=50", "[]")
            .Answers("GET /v1/tokens/join", "[]").Answers("GET /v1/tokens/people", "[]").Answers("DELETE /v1/tokens/join/t1", "{}")
            .Answers("GET /v1/cloud/rights", """[{"name":"see compute services","state":"Granted","sentence":"","remedy":""}]""")
            .Answers("POST /v1/tokens/join", """{"id":"t1","token":"opj1-secret","expires":null}""");
        Assert.Equal((ExitCode.Done, ""), (await RunAsync([.. words, "--json"]), error.ToString()));
        using var parsed = JsonDocument.Parse(output.ToString());
        Assert.True(parsed.RootElement.ValueKind is JsonValueKind.Object or JsonValueKind.Array);
    }

    [Theory]
    [InlineData(HttpStatusCode.NotFound, ExitCode.NotFound)]
    [InlineData(HttpStatusCode.Unauthorized, ExitCode.NotAllowed)]
    [InlineData(HttpStatusCode.Forbidden, ExitCode.NotAllowed)]
    [InlineData(HttpStatusCode.BadRequest, ExitCode.Usage)]
    [InlineData(HttpStatusCode.Conflict, ExitCode.Failed)]
    [InlineData(HttpStatusCode.InternalServerError, ExitCode.Failed)]
    public async Task A_refusal_has_its_exit_code_and_its_sentence(HttpStatusCode status, int exit)
    {
        site.Answers("POST /v1/vms/sum/stop", """{"detail":"The site said why."}""", status);
        Assert.Equal(exit, await RunAsync("vm", "stop", "sum"));
        Assert.Equal("The site said why.", error.ToString().Trim());
    }

    [Theory]
    [InlineData("nosuch")]
    [InlineData("vm", "create", "sum")]
    [InlineData("vm", "create", "sum", "--image", "tiny", "--policy", "explode")]
    [InlineData("node", "snooze", "lab3-07", "--for", "soon")]
    [InlineData("node", "snooze", "lab3-07", "--for", "1h", "--off")]
    [InlineData("node", "snooze", "lab3-07", "--until", "2020-01-01")]
    [InlineData("node", "snooze", "lab3-07", "--for", "32d")]
    [InlineData("node", "snooze", "lab3-07", "--until", "2026-12-24")]
    [InlineData("snooze", "--for", "32d")]
    [InlineData("snooze", "--until", "2026-12-24")]
    [InlineData("[check]", "vm", "lst")]
    [InlineData("token", "create", "--valid", "long")]
    [InlineData("events", "--last", "0")]
    [InlineData("vm", "create", "sum", "--image", "tiny", "--vcpus", "65")]
    [InlineData("vm", "create", "sum", "--image", "tiny", "--memory", "2g")]
    [InlineData("token", "create", "--person", "anna", "--uses", "3")]
    [InlineData("token", "create", "--person", "anna", "--note", "hers")]
    [InlineData("token", "create", "--person", "anna", "--valid", "30m")]
    [InlineData("token", "create", "--person", "anna", "--valid", "36h")]
    [InlineData("token", "create", "--role", "admin")]
    [InlineData("token", "create", "--valid", "90s")]
    [InlineData("token", "create", "--valid", "31d")]
    public async Task Words_that_cannot_be_understood_are_a_usage_error_and_reach_no_site(params string[] words)
    {
        Assert.Equal(ExitCode.Usage, await RunAsync(words));
        Assert.Empty(site.Requests);
    }

    [Theory]
    [InlineData("--vcpus many: a whole number from 1 to 64 is expected.", "vm", "create", "sum", "--image", "tiny", "--vcpus", "many")]
    [InlineData("--memory 16: a whole number from 32 to 1048576 is expected.", "vm", "create", "sum", "--image", "tiny", "--memory", "16")]
    [InlineData("--uses: only a token for joining has a number of uses", "token", "create", "--person", "anna", "--uses", "1")]
    [InlineData("--for 2x: a time like 30m, 2h, 1h30m or 3d is expected, at most 31 d.", "snooze", "--for", "2x")]
    [InlineData("2026-12-24 18:00 is expected, at most 31 d ahead.", "node", "snooze", "lab3-07", "--until", "2026-12-24")]
    [InlineData("--valid 36h: a person's token is valid for whole days", "token", "create", "--person", "anna", "--valid", "36h")]
    public async Task A_usage_error_names_the_option_and_what_is_allowed(string sentence, params string[] words)
    {
        Assert.Equal(ExitCode.Usage, await RunAsync(words));
        Assert.Contains(sentence, error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Words_are_checked_without_being_carried_out()
    {
        var world = World();
        Assert.Equal(
            (ExitCode.Done, ""),
            (await CommandList.InvokeAsync(CommandList.Root(world), world, [CommandList.CheckWords, "vm", "delete", "sum"]),
            output.ToString()));
        Assert.Empty(site.Requests);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("vm", "lst")]
    [InlineData("snooze", "-h")]
    public async Task Help_names_the_command_and_not_the_programs_file(params string[] words)
    {
        await RunAsync(words);
        Assert.Contains("Usage:\n  opportunism ", output.ToString().ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.DoesNotContain(RootCommand.ExecutableName, output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_names_the_limits_of_a_snooze_and_all_places_of_a_site()
    {
        await RunAsync("snooze", "--help");
        var help = Unwrapped(output.ToString());
        foreach (var text in new[] { "at most 31 d.", "at most 31 d ahead", "its folder", "OPPORTUNISM_SITE",
            "~/.config/opportunism/site.json", "the site of this machine" })
            Assert.Contains(text, help, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "My_Disk.qcow2", ExitCode.Usage,
        "would make the image's name 'my_disk', which is not 1 to 63 characters of a-z 0-9 . - beginning with a letter or digit: give "
        + "one with --name.")]
    [InlineData("", ExitCode.NotFound, "is a folder; an image's file is expected.")]
    [InlineData("none.qcow2", ExitCode.NotFound, "There is no file ")]
    public async Task An_upload_of_what_cannot_be_an_image_says_why(string name, int exit, string sentence)
    {
        await File.WriteAllTextAsync(Path.Combine(folder, "My_Disk.qcow2"), "disk");
        Assert.Equal(exit, await RunAsync("image", "upload", Path.Combine(folder, name), "--format", "qcow2"));
        Assert.Contains(sentence, error.ToString(), StringComparison.Ordinal);
        Assert.Empty(site.Requests);
    }

    [Fact]
    public void No_option_answers_a_wrong_value_with_the_name_of_a_type()
    {
        var root = CommandList.Root(World());
        static IEnumerable<(string Path, Command Command)> All(string path, Command command) =>
            command.Subcommands.SelectMany(child => All($"{path} {child.Name}", child)).Append((path, command));
        var said = All("", root)
            .SelectMany(pair => pair.Command.Options.SelectMany(option => root.Parse($"{pair.Path} {option.Name} no-such-value").Errors))
            .Select(fault => fault.Message).ToList();
        Assert.Contains(said, message => message.StartsWith("--vcpus no-such-value", StringComparison.Ordinal));
        Assert.DoesNotContain(said, message => message.Contains("System.", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("90d", 90)]
    [InlineData(null, 365)]
    public async Task A_persons_token_is_valid_for_as_long_as_was_asked(string? valid, int days)
    {
        site.Answers("POST /v1/tokens/people", """{"id":"t1","token":"secret","expires":null}""");
        Assert.Equal(
            ExitCode.Done,
            await RunAsync(["token", "create", "--person", "anna", .. valid is null ? Array.Empty<string>() : ["--valid", valid]]));
        Assert.Contains($"\"validForDays\":{days}", Assert.Single(site.Bodies), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("stop", "Running", "sum is asked to stop. It is Running now and becomes Stopped when its node has turned it off")]
    [InlineData("stop", "Stopped", "sum is Stopped; its disk is kept.")]
    [InlineData("start", "Stopped", "sum is asked to start. It is Stopped now (no node has room) and becomes Running when a node runs it")]
    [InlineData("start", "Running", "sum is Running.")]
    public async Task Stop_and_start_say_what_was_asked_for_and_what_follows(string command, string status, string sentence)
    {
        site.Answers($"POST /v1/vms/sum/{command}", Vm.Replace("Waiting", status, StringComparison.Ordinal));
        Assert.Equal(ExitCode.Done, await RunAsync("vm", command, "sum"));
        Assert.StartsWith(sentence, output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wait_that_is_interrupted_is_no_success_and_says_that_the_vm_stays()
    {
        using var interrupt = new CancellationTokenSource();
        pause = async (_, cancellationToken) =>
        {
            await interrupt.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
        };
        site.Answers("POST /v1/vms", Vm);
        Assert.Equal(ExitCode.Interrupted, await RunAsync(["vm", "create", "sum", "--image", "tiny", "--wait"], interrupt.Token));
        Assert.Equal(["POST /v1/vms"], site.Requests);
        Assert.StartsWith(
            "Interrupted while waiting: the VM sum was made, is Waiting and stays.", error.ToString(), StringComparison.Ordinal);
        Assert.Empty(output.ToString());
    }

    [Theory]
    [InlineData(300_000, "Interrupted after 0 MiB of 1 MiB: the site keeps nothing of it. Upload big again from the start.")]
    [InlineData(1 << 20, "Interrupted before the site answered: 'opportunism image list' shows whether it has big.")]
    public async Task An_upload_that_is_interrupted_is_no_success_and_says_what_is_kept(int sent, string sentence)
    {
        var file = Path.Combine(folder, "big.qcow2");
        await File.WriteAllBytesAsync(file, new byte[1 << 20]);
        using var interrupt = new CancellationTokenSource();
        site.Interrupts(sent, interrupt);
        Assert.Equal(ExitCode.Interrupted, await RunAsync(["image", "upload", file, "--format", "qcow2"], interrupt.Token));
        Assert.Equal(sentence, error.ToString().Trim());
    }

    [Theory]
    [InlineData(ExitCode.Interrupted, "vm", "list")]
    [InlineData(ExitCode.Done, "events", "--follow")]
    [InlineData(ExitCode.Done, "watch")]
    [InlineData(ExitCode.Done, "vm", "console", "sum", "--follow")]
    public async Task Only_what_has_no_other_end_may_be_interrupted_without_failing(int exit, params string[] words)
    {
        using var interrupt = new CancellationTokenSource();
        site.Answers("GET /v1/events?after=0&take=50", "[]").Answers("GET /v1/nodes", "[]")
            .Interrupts(0, interrupt, "GET /v1/vms", "GET /v1/vms/sum/console?offset=-1&waitSeconds=0", "GET /v1/status");
        Assert.Equal(exit, await RunAsync(words, interrupt.Token));
    }

    [Theory]
    [InlineData(ExitCode.Done, "Granted", "Granted")]
    [InlineData(ExitCode.Failed, "Granted", "Missing")]
    [InlineData(ExitCode.Failed, "Unknown", "Missing")]
    [InlineData(ExitCode.NotKnown, "Granted", "Unknown")]
    [InlineData(ExitCode.NotKnown, "Granted", "A state of later years")]
    public async Task A_site_is_asked_for_the_rights_of_its_own_credential(int exit, string first, string second)
    {
        var rights = new CloudRightView[] { new("see compute services", first, "It was tried.", ""),
            new("see network agents", second, "Neutron said [no].", "In Neutron's policy: \"get_agent\"") };
        site.Answers("GET /v1/cloud/rights", JsonSerializer.Serialize(rights, SiteJson.Default.IReadOnlyListCloudRightView));
        Assert.Equal(exit, await RunAsync("openstack", "check"));
        foreach (var text in new[] { "see compute services", second, "Neutron said [no].", "In Neutron's policy: \"get_agent\"" })
            Assert.Contains(text, output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(HttpStatusCode.Forbidden, ExitCode.NotAllowed)]
    [InlineData(HttpStatusCode.NotImplemented, ExitCode.Failed)]
    public async Task A_site_that_does_not_tell_the_rights_says_why(HttpStatusCode status, int exit)
    {
        site.Answers("GET /v1/cloud/rights", """{"detail":"This site serves the embedded cloud, which needs no rights elsewhere."}""", status);
        Assert.Equal(exit, await RunAsync("openstack", "check"));
        Assert.Equal("This site serves the embedded cloud, which needs no rights elsewhere.", error.ToString().Trim());
    }

    [Fact]
    public async Task Without_a_site_it_says_how_to_name_one()
    {
        File.Delete(siteFile);
        Assert.Equal(ExitCode.NotConnected, await RunAsync("nodes"));
        Assert.Contains(siteFile, error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_without_an_agent_says_that_nothing_was_tried()
    {
        Assert.Equal(ExitCode.NotConnected, await RunAsync("doctor", "--agent-socket", Path.Combine(folder, "none.sock")));
        Assert.Contains("Nothing was tried", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_snooze_without_a_time_lasts_until_midnight()
    {
        site.Answers("POST /v1/nodes/lab3-07/snooze", Node);
        Assert.Equal(ExitCode.Done, await RunAsync("node", "snooze", "lab3-07"));
        Assert.Contains("2026-11-23T00:00:00", Assert.Single(site.Bodies), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_that_is_not_for_joining_is_revoked_as_a_persons()
    {
        site.Answers("DELETE /v1/tokens/people/t9", "{}");
        Assert.Equal(ExitCode.Done, await RunAsync("token", "revoke", "t9"));
        Assert.Equal(["DELETE /v1/tokens/join/t9", "DELETE /v1/tokens/people/t9"], site.Requests);
    }

    [Fact]
    public async Task A_console_cannot_play_with_the_terminal()
    {
        site.Answers("GET /v1/vms/sum/console?offset=-1&waitSeconds=0", """{"offset":0,"nextOffset":9,"text":"tick 1\r\n\u001b]0;evil\u0007"}""");
        Assert.Equal(ExitCode.Done, await RunAsync("vm", "console", "sum"));
        Assert.Equal("tick 1\n\u241b]0;evil\u2407", output.ToString());
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public async Task Completion_scripts_ask_the_program(string shell)
    {
        Assert.Equal(ExitCode.Done, await RunAsync("completion", shell));
        Assert.Contains("[suggest:", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Words_are_completed()
    {
        var found = CommandList.Root(World()).Parse("vm ").GetCompletions(3).Select(item => item.Label).ToList();
        Assert.Contains("create", found);
        Assert.Contains("console", found);
    }

    private static string Unwrapped(string text) =>
        string.Join(' ', text.Split((char[])[' ', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries));

    private Task<int> RunAsync(params string[] words) => RunAsync(words, CancellationToken.None);

    private async Task<int> RunAsync(string[] words, CancellationToken cancellationToken)
    {
        var world = World();
        return await CommandList.InvokeAsync(CommandList.Root(world), world, ["--site", siteFile, .. words], cancellationToken);
    }

    private CliWorld World()
    {
        var console = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Ansi = AnsiSupport.No,
                ColorSystem = ColorSystemSupport.NoColors,
                Interactive = InteractionSupport.No,
                Out = new AnsiConsoleOutput(output),
            });
        console.Profile.Width = width;
        return new()
        {
            Console = console,
            Output = output,
            Error = error,
            Time = time,
            Variable = _ => null,
            Pause = pause,
            OpenSite = address => new SiteClient(new Uri(address.Url), site, address.Token),
        };
    }
}
