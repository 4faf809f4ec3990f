using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Opportunism.Clouds.OpenStack;
using Opportunism.Core;

namespace Opportunism.Cli.OpenStack;

/// <summary>The settings of the OpenStack cloud as options of a command: the same
/// names, meanings, defaults and limits, checked by the same validator.</summary>
/// <remarks>Without those that have no use on one host without a controller: Hosts, WhenLost, EvacuateAfter.</remarks>
internal sealed partial class OpenStackArguments
{
    private static readonly OpenStackOptions Defaults = new();

    private readonly List<(Option<string?> Option, Func<OpenStackOptions, string, bool> Set)> all = [];

    public OpenStackArguments()
    {
        Add(
            nameof(OpenStackOptions.CloudsFile), "FILE",
            "The clouds.yaml to read, secure.yaml beside it too; else ./clouds.yaml, ~/.config/openstack and /etc/openstack.",
            (options, text) => options.CloudsFile = text);
        Add(
            nameof(OpenStackOptions.Cloud), "NAME", $"The cloud in that file. [default: {Defaults.Cloud}]",
            (options, text) => options.Cloud = text);
        Add(
            nameof(OpenStackOptions.Region), "NAME", "Whose endpoints are used; else the file's.",
            (options, text) => options.Region = text);
        Add(
            nameof(OpenStackOptions.Policy), "POLICY",
            $"What happens to a server when the owner stays: {ServerPolicies.Offered.Names}. [default: {Defaults.Policy}]",
            (options, text) => options.Policy = text)
            .CompletionSources.Add([.. ServerPolicies.Offered.All.Select(policy => policy.Name)]);
        Add(
            nameof(OpenStackOptions.NodePolicies), "HOST=POLICY,...",
            "The same for some hosts; HOST may end in *, the first that fits counts.", (options, text) => options.NodePolicies = text);
        Add(
            nameof(OpenStackOptions.OwnerMayChoose), "POLICIES",
            $"What a server's owner may choose by its property {ServerPolicies.OwnersKey}; empty for nothing. [default: "
            + $"{Defaults.OwnerMayChoose}]",
            (options, text) => options.OwnerMayChoose = text);
        Add(
            nameof(OpenStackOptions.NetworkAgents), "yes|no",
            $"Whether the host's Neutron agents are marked too. [default: {Defaults.NetworkAgents}]",
            (options, text) => options.NetworkAgents = text)
            .CompletionSources.Add("yes", "no");
        AddTime(
            nameof(OpenStackOptions.TimeLimit), "How long one request may take.", Defaults.TimeLimit,
            (options, limit) => options.TimeLimit = limit);
        AddTime(
            nameof(OpenStackOptions.CloseTimeLimit),
            "How long Nova may take to open or close a host before it is asked whether it has done so.", Defaults.CloseTimeLimit,
            (options, limit) => options.CloseTimeLimit = limit);
    }

    /// <summary>Adds the options to a command, which reports all invalid ones at once.</summary>
    public void AddTo(Command command)
    {
        foreach (var (option, _) in all) command.Options.Add(option);
        command.Validators.Add(parsed =>
        {
            var problems = new List<string>();
            var options = Read(name => parsed.GetValue(name), problems);
            problems.AddRange(OpenStackOptionsValidator.Problems(options).Select(ForCommandLine));
            foreach (var problem in problems) parsed.AddError(problem);
        });
    }

    /// <summary>True when any of them was given.</summary>
    public bool AreGiven(SymbolResult parsed) => all.Exists(one => parsed.GetResult(one.Option) is { Implicit: false });

    /// <summary>The settings; called once they have been validated.</summary>
    public OpenStackOptions Read(ParseResult parsed) => Read(name => parsed.GetValue(name), []);

    /// <summary>A sentence of the driver, for users who gave options and have no settings file.</summary>
    public static string ForCommandLine(string sentence) =>
        SettingsKey()
            .Replace(
                OtherHost().Replace(sentence, "name another host with --host"),
                key => NameOf(key.Groups[1].Value));

    /// <summary>A setting's name as an option: <c>CloudsFile</c> is <c>--clouds-file</c>.</summary>
    public static string NameOf(string key) => "--" + Capital().Replace(key, "-$0").TrimStart('-').ToLowerInvariant();

    private OpenStackOptions Read(Func<Option<string?>, string?> value, List<string> problems)
    {
        var options = new OpenStackOptions();
        foreach (var (option, set) in all)
        {
            if (value(option) is { } text && !set(options, text))
                problems.Add($"{option.Name} is '{text}'; allowed is a time such as {Duration.Examples}.");
        }

        return options;
    }

    private Option<string?> Add(string key, string helpName, string description, Action<OpenStackOptions, string> set)
    {
        var option = new Option<string?>(NameOf(key)) { Description = description, HelpName = helpName };
        all.Add((option, Set));
        return option;

        bool Set(OpenStackOptions options, string text)
        {
            set(options, text);
            return true;
        }
    }

    private void AddTime(string key, string description, TimeSpan usual, Action<OpenStackOptions, TimeSpan> set)
    {
        var option = new Option<string?>(NameOf(key))
        {
            Description = $"{description} [default: {Duration.Format(usual)}]",
            HelpName = "TIME",
        };
        all.Add((option, Set));

        bool Set(OpenStackOptions options, string text)
        {
            if (!Duration.TryParse(text, out var time)) return false;
            set(options, time);
            return true;
        }
    }

    [GeneratedRegex(@"\[OpenStack\] ([A-Z][A-Za-z]+)")]
    private static partial Regex SettingsKey();

    [GeneratedRegex(@"set '[^']+' in \[OpenStack\] Hosts")]
    private static partial Regex OtherHost();

    [GeneratedRegex("[A-Z]")]
    private static partial Regex Capital();
}
