using System.CommandLine;
using System.CommandLine.Parsing;
using Opportunism.Cli.Terminal;
using Opportunism.Contracts.Api;

namespace Opportunism.Cli.Tokens;

/// <summary><c>token create</c>: creates a token with which desktops join or a person uses the API.</summary>
internal static class TokenCreateCommand
{
    private static readonly TimeSpan LongestForJoining = TimeSpan.FromMinutes(NewJoinToken.MostMinutes);

    public static Command Create(CliOptions options)
    {
        var person = new Option<string?>("--person")
        {
            Description = "Make a token for this person or program instead of one for joining.",
            HelpName = "NAME",
        };
        var role = new Option<string>("--role") { Description = "What a person's token allows; viewer by default." };
        role.AcceptOnlyFromAmong("viewer", "operator", "admin");
        var uses = NumberOption.Create("--uses", "How many desktops may join with it.", normally: 1, least: 1, most: NewJoinToken.MostUses);
        var valid = new Option<string?>("--valid")
        {
            Description = "For how long: minutes to 30d for joining (default 1h), whole days for a person (default 365d).",
            HelpName = "TIME",
        };
        var note = new Option<string>("--note") { Description = "What a token for joining is for." };
        var cloud = new Option<string?>("--cloud")
        {
            Description = "The cloud of the site that desktops joining with it belong to; by default the site's settings decide.",
            HelpName = "NAME",
        };
        var names = new Option<string?>("--names")
        {
            Description = "The nodes that may join with it, separated by commas; a name may end in *. A node that has a name given here in "
                + "full is replaced by the desktop that joins. By default any name that no node has.",
            HelpName = "NAMES",
        };
        var command = new Command("create", "Make a token; it is shown this once.") { person, role, uses, valid, note, cloud, names };
        command.Validators.Add(parsed =>
        {
            if (Given(parsed, person)) AddJoinOptionErrors(parsed, uses, note, cloud, names);
            else if (Given(parsed, role))
                parsed.AddError("--role: only a person's token has a role. Add --person NAME, or leave out --role.");
            if (parsed.GetValue(valid) is { } text && Problem(text, Given(parsed, person)) is { } problem) parsed.AddError(problem);
        });
        return options.ForSite(command, async (parsed, site, cancellationToken) =>
        {
            var lasts = parsed.GetValue(valid) is { } text ? Words.Duration(text) : null;
            var minted = parsed.GetValue(person) is { } name
                ? await site.CreatePersonTokenAsync(
                    new()
                    {
                        Name = name,
                        Role = Enum.Parse<Role>(parsed.GetValue(role) ?? "viewer", ignoreCase: true),
                        ValidForDays = (int)(lasts ?? TimeSpan.FromDays(365)).TotalDays,
                    },
                    cancellationToken)
                : await site.CreateJoinTokenAsync(
                    new()
                    {
                        Uses = parsed.GetValue(uses),
                        ValidForMinutes = (int)(lasts ?? TimeSpan.FromHours(1)).TotalMinutes,
                        Note = parsed.GetValue(note) ?? "",
                        Cloud = parsed.GetValue(cloud),
                        Names = parsed.GetValue(names),
                    }, cancellationToken);
            return options.Show(parsed, minted, SiteJson.Default.MintedToken, minted.Token);
        });
    }

    private static void AddJoinOptionErrors(
        CommandResult parsed, Option uses, Option note, Option cloud, Option names)
    {
        if (Given(parsed, uses))
            parsed.AddError(
                "--uses: only a token for joining has a number of uses; a person's is used until it expires or is revoked. Leave out "
                    + "--uses or --person.");
        if (Given(parsed, note))
            parsed.AddError("--note: only a token for joining has a note; a person's has the name. Leave out --note or --person.");
        if (Given(parsed, cloud)) parsed.AddError("--cloud: only a token for joining names a cloud. Leave out --cloud or --person.");
        if (Given(parsed, names)) parsed.AddError("--names: only a token for joining names nodes. Leave out --names or --person.");
    }

    private static bool Given(SymbolResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };

    // The site accepts whole days for a person's token and whole minutes for a join token; any other time would be changed silently.
    private static string? Problem(string text, bool isPersons) => Words.Duration(text) switch
    {
        null => $"--valid is '{text}'; allowed is a time such as 30m, 2h or 7d, at most {Words.Longest.TotalDays} d.",
        { } time when isPersons && time.Ticks % TimeSpan.TicksPerDay != 0 =>
            $"--valid is '{text}': a person's token is valid for whole days, such as 1d or 90d.",
        { } time when !isPersons && time.Ticks % TimeSpan.TicksPerMinute != 0 =>
            $"--valid is '{text}': a token for joining is valid for whole minutes, such as 30m or 2h.",
        { } time when !isPersons && time > LongestForJoining =>
            $"--valid is '{text}': a token for joining is valid for at most {LongestForJoining.TotalDays}d.",
        _ => null,
    };
}
