using System.CommandLine;
using Opportunism.Contracts.Api;

namespace Opportunism.Cli.Commands;

/// <summary><c>token create</c>: lets desktops join, or a person in.</summary>
internal static class TokenCreateCommand
{
    public static Command Create(CliOptions options)
    {
        var person = new Option<string?>("--person") { Description = "Make a token for this person or program instead of one for joining.", HelpName = "NAME" };
        var role = new Option<string>("--role") { Description = "What a person's token allows.", DefaultValueFactory = _ => "viewer" };
        role.AcceptOnlyFromAmong("viewer", "operator", "admin");
        var uses = new Option<int>("--uses") { Description = "How many desktops may join with it.", DefaultValueFactory = _ => 1 };
        var valid = new Option<string?>("--valid") { Description = "For how long: 1h for joining, 365d for a person unless said.", HelpName = "TIME" };
        valid.Validators.Add(parsed =>
        {
            if (parsed.GetValueOrDefault<string?>() is { } text && Words.Duration(text) is null) parsed.AddError($"--valid {text}: a time like 30m, 2h or 7d is expected.");
        });
        var note = new Option<string>("--note") { Description = "What it is for.", DefaultValueFactory = _ => "" };
        return options.ForSite(new Command("create", "Make a token; it is shown this once.") { person, role, uses, valid, note }, async (parsed, site, cancellationToken) =>
        {
            var lasts = parsed.GetValue(valid) is { } text ? Words.Duration(text) : null;
            var minted = parsed.GetValue(person) is { } name
                ? await site.CreatePersonTokenAsync(new() { Name = name, Role = Enum.Parse<Role>(parsed.GetValue(role)!, ignoreCase: true), ValidForDays = (int)Math.Ceiling((lasts ?? TimeSpan.FromDays(365)).TotalDays) }, cancellationToken).ConfigureAwait(false)
                : await site.CreateJoinTokenAsync(new() { Uses = parsed.GetValue(uses), ValidForMinutes = (int)Math.Ceiling((lasts ?? TimeSpan.FromHours(1)).TotalMinutes), Note = parsed.GetValue(note)! }, cancellationToken).ConfigureAwait(false);
            return options.Show(parsed, minted, SiteJson.Default.MintedToken, minted.Token);
        });
    }
}
