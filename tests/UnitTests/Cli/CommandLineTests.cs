using System.CommandLine;
using System.Net;
using System.Text.Json;
using Opportunism.Cli;
using Opportunism.Cli.Terminal;
using Opportunism.Contracts.Api;
using Spectre.Console;
using Xunit;

namespace Opportunism.UnitTests.Cli;

/// <summary>What words mean, what they refuse and with which exit code.</summary>
public sealed class CommandLineTests : SiteCommands
{
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
        Site.Answers("GET /v1/nodes", $"[{Node}]").Answers("GET /v1/nodes/lab3-07", Node).Answers("POST /v1/nodes/lab3-07/snooze", Node)
            .Answers("GET /v1/vms", $"[{Vm}]").Answers("GET /v1/vms/sum", Vm).Answers("POST /v1/vms", Vm).Answers("DELETE /v1/vms/sum", Vm)
            .Answers("GET /v1/images", "[]").Answers("DELETE /v1/images/tiny", "{}").Answers("GET /v1/events?after=0&take=50", "[]")
            .Answers("GET /v1/tokens/join", "[]").Answers("GET /v1/tokens/people", "[]").Answers("DELETE /v1/tokens/join/t1", "{}")
            .Answers("GET /v1/cloud/rights", """[{"name":"see compute services","state":"Granted","sentence":"","remedy":""}]""")
            .Answers("POST /v1/tokens/join", """{"id":"t1","token":"opj1-secret","expires":null}""");
        Assert.Equal((ExitCode.Done, ""), (await RunAsync([.. words, "--json"]), Error.ToString()));
        using var parsed = JsonDocument.Parse(Output.ToString());
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
        Site.Answers("POST /v1/vms/sum/stop", """{"detail":"The site said why."}""", status);
        Assert.Equal(exit, await RunAsync("vm", "stop", "sum"));
        Assert.Equal("The site said why.", Error.ToString().Trim());
    }

    [Theory]
    [InlineData("vm", "create", "--help")]
    [InlineData("node", "show", "-?")]
    [InlineData("image", "upload", "-h")]
    public async Task Help_is_no_error_where_arguments_are_missing(params string[] words)
    {
        Assert.Equal(ExitCode.Done, await RunAsync(words));
        Assert.Contains("Usage:", Output.ToString(), StringComparison.Ordinal);
        Assert.Equal("", Error.ToString());
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
        Assert.Empty(Site.Requests);
    }

    [Theory]
    [InlineData("--vcpus many: a whole number from 1 to 64 is expected.", "vm", "create", "sum", "--image", "tiny", "--vcpus", "many")]
    [InlineData("--memory 16: a whole number from 32 to 1048576 is expected.", "vm", "create", "sum", "--image", "tiny", "--memory", "16")]
    [InlineData("--uses: only a token for joining has a number of uses", "token", "create", "--person", "anna", "--uses", "1")]
    [InlineData("--for 2x: a time like 30m, 2h, 1h30m or 3d is expected, at most 31 d.", "snooze", "--for", "2x")]
    [InlineData("2026-12-24 18:00 is expected, at most 31 d ahead.", "node", "snooze", "lab3-07", "--until", "2026-12-24")]
    [InlineData("--valid is '36h': a person's token is valid for whole days", "token", "create", "--person", "anna", "--valid", "36h")]
    public async Task A_usage_error_names_the_option_and_what_is_allowed(string sentence, params string[] words)
    {
        Assert.Equal(ExitCode.Usage, await RunAsync(words));
        Assert.Contains(sentence, Error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Words_are_checked_without_being_carried_out()
    {
        var world = World();
        Assert.Equal(
            (ExitCode.Done, ""),
            (await CommandList.InvokeAsync(CommandList.Root(world), world, [CommandList.CheckWords, "vm", "delete", "sum"]),
            Output.ToString()));
        Assert.Empty(Site.Requests);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("vm", "lst")]
    [InlineData("snooze", "-h")]
    public async Task Help_names_the_command_and_not_the_programs_file(params string[] words)
    {
        await RunAsync(words);
        Assert.Contains("Usage:\n  opportunism ", Output.ToString().ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.DoesNotContain(RootCommand.ExecutableName, Output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_names_the_limits_of_a_snooze_and_all_places_of_a_site()
    {
        await RunAsync("snooze", "--help");
        var help = Unwrapped(Output.ToString());
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
        await File.WriteAllTextAsync(Path.Combine(Folder, "My_Disk.qcow2"), "disk");
        Assert.Equal(exit, await RunAsync("image", "upload", Path.Combine(Folder, name), "--format", "qcow2"));
        Assert.Contains(sentence, Error.ToString(), StringComparison.Ordinal);
        Assert.Empty(Site.Requests);
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
        Site.Answers("POST /v1/tokens/people", """{"id":"t1","token":"secret","expires":null}""");
        Assert.Equal(
            ExitCode.Done,
            await RunAsync(["token", "create", "--person", "anna", .. valid is null ? Array.Empty<string>() : ["--valid", valid]]));
        Assert.Contains($"\"validForDays\":{days}", Assert.Single(Site.Bodies), StringComparison.Ordinal);
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
        Site.Answers("GET /v1/cloud/rights", JsonSerializer.Serialize(rights, SiteJson.Default.IReadOnlyListCloudRightView));
        Assert.Equal(exit, await RunAsync("openstack", "check"));
        foreach (var text in new[] { "see compute services", second, "Neutron said [no].", "In Neutron's policy: \"get_agent\"" })
            Assert.Contains(text, Output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(HttpStatusCode.Forbidden, ExitCode.NotAllowed)]
    [InlineData(HttpStatusCode.NotImplemented, ExitCode.Failed)]
    public async Task A_site_that_does_not_tell_the_rights_says_why(HttpStatusCode status, int exit)
    {
        Site.Answers(
            "GET /v1/cloud/rights", """{"detail":"This site serves the embedded cloud, which needs no rights elsewhere."}""", status);
        Assert.Equal(exit, await RunAsync("openstack", "check"));
        Assert.Equal("This site serves the embedded cloud, which needs no rights elsewhere.", Error.ToString().Trim());
    }

    [Fact]
    public async Task Without_a_site_it_says_how_to_name_one()
    {
        File.Delete(SiteFilePath);
        Assert.Equal(ExitCode.NotConnected, await RunAsync("nodes"));
        Assert.Contains(SiteFilePath, Error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_without_an_agent_says_that_nothing_was_tried()
    {
        Assert.Equal(ExitCode.NotConnected, await RunAsync("doctor", "--agent-socket", Path.Combine(Folder, "none.sock")));
        Assert.Contains("Nothing was tried", Error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_snooze_without_a_time_lasts_until_midnight()
    {
        Site.Answers("POST /v1/nodes/lab3-07/snooze", Node);
        Assert.Equal(ExitCode.Done, await RunAsync("node", "snooze", "lab3-07"));
        Assert.Contains("2026-11-23T00:00:00", Assert.Single(Site.Bodies), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_that_is_not_for_joining_is_revoked_as_a_persons()
    {
        Site.Answers("DELETE /v1/tokens/people/t9", "{}");
        Assert.Equal(ExitCode.Done, await RunAsync("token", "revoke", "t9"));
        Assert.Equal(["DELETE /v1/tokens/join/t9", "DELETE /v1/tokens/people/t9"], Site.Requests);
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public async Task Completion_scripts_ask_the_program(string shell)
    {
        Assert.Equal(ExitCode.Done, await RunAsync("completion", shell));
        Assert.Contains("[suggest:", Output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Words_are_completed()
    {
        var found = CommandList.Root(World()).Parse("vm ").GetCompletions(3).Select(item => item.Label).ToList();
        Assert.Contains("create", found);
        Assert.Contains("console", found);
    }
}
