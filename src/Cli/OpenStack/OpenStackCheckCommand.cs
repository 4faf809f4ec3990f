using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Opportunism.Cli.Terminal;
using Opportunism.Clouds;
using Opportunism.Clouds.OpenStack;
using Opportunism.Contracts.Api;
using Spectre.Console;

namespace Opportunism.Cli.OpenStack;

/// <summary><c>openstack check</c>: whether the credential has the rights that are needed, and the line that grants a missing one; asks a
/// site, or the cloud itself.</summary>
internal static class OpenStackCheckCommand
{
    public static Command Create(CliOptions options)
    {
        var arguments = new OpenStackArguments();
        var command = new Command(
            "check",
            "Test for each right whether the credential has it, and name the line that gives one that is missing. Changes nothing. Asks "
            + "the site; with any option below except --json and --site-cloud, the cloud itself, without a controller.");
        arguments.AddTo(command);
        var cloud = new Option<string?>("--site-cloud")
        {
            Description = "The cloud of the site; needed where several need rights.",
            HelpName = "NAME",
        };
        command.Options.Add(cloud);
        command.Options.Add(options.Json);
        command.Validators.Add(parsed =>
        {
            if (!arguments.AreGiven(parsed)) return;
            if (parsed.GetResult(options.Site) is { Implicit: false })
                parsed.AddError("--site asks a site, whose settings count; leave out either it or the options of the cloud.");
            if (parsed.GetResult(cloud) is { Implicit: false })
                parsed.AddError("--site-cloud asks a site, whose settings count; leave out either it or the options of the cloud.");
        });
        command.SetAction((parsed, cancellationToken) => options.World.RunAsync(
            async () =>
            {
                var settings = arguments.AreGiven(parsed.CommandResult) ? arguments.Read(parsed) : null;
                var rights = settings is not null
                    ? await AskCloudAsync(settings, options.World, cancellationToken)
                    : await AskSiteAsync(options, parsed, parsed.GetValue(cloud), cancellationToken);
                options.Show(
                    parsed, rights, SiteJson.Default.IReadOnlyListCloudRightView,
                    () => Write(options.World, rights, NotTried.For(settings)));
                return ExitOf(rights);
            },
            cancellationToken));
        return command;
    }

    private static async Task<IReadOnlyList<CloudRightView>> AskSiteAsync(
        CliOptions options, ParseResult parsed, string? cloud, CancellationToken cancellationToken)
    {
        using var site = options.Open(parsed);
        return await site.CloudRightsAsync(cloud, cancellationToken);
    }

    private static async Task<IReadOnlyList<CloudRightView>> AskCloudAsync(
        OpenStackOptions settings, CliWorld world, CancellationToken cancellationToken)
    {
        await using var parts = OpenStackDriver.Compose(settings, world.Time);

        // Without a token every right would be unknown, thirteen times for the same reason.
        var login = await parts.GetRequiredService<OpenStackLogin>().TryAsync(cancellationToken);
        if (!login.IsDone)
            throw new CliFailure(login.Outcome is CloudOutcome.Refused ? ExitCode.NotAllowed : ExitCode.NotConnected, login.Sentence);
        var checks = await parts.GetRequiredService<OpenStackRights>().CheckAsync(cancellationToken);
        return [.. checks.Select(check => new CloudRightView(check.Name, check.State.ToString(), check.Sentence, check.Remedy))];
    }

    private static void Write(CliWorld world, IReadOnlyList<CloudRightView> rights, IReadOnlyList<string> notTried)
    {
        var table = TextTable.With("right", "state", "what", "what to do");
        foreach (var right in rights) table.Row(right.Name, right.State, right.Sentence, right.Remedy);

        // In a pipe each row is one line, and these lines are long.
        if (!world.Console.Profile.Capabilities.Interactive) world.Console.Profile.Width = Math.Max(world.Console.Profile.Width, 2000);
        world.Console.Write(table);
        foreach (var sentence in notTried) world.Console.WriteLine(sentence);
        var (missing, unknown) = (Count(rights, nameof(RightState.Missing)), Count(rights, nameof(RightState.Unknown)));
        world.Console.WriteLine((missing, unknown) switch
        {
            (0, 0) => $"All {rights.Count} rights are granted.",
            (0,
            _) => $"No right is known to be missing, but {unknown} of {rights.Count} could not be checked: do what the last column says, "
            + "then check again.",
            (_, 0) => $"{missing} of {rights.Count} rights are missing: add the lines of the last column, then check again.",
            _ => $"{missing} of {rights.Count} rights are missing and {unknown} could not be checked: do what the last column says, then "
                + "check again.",
        });
    }

    private static int ExitOf(IReadOnlyList<CloudRightView> rights) =>
        Count(rights, nameof(RightState.Missing)) > 0 ? ExitCode.Failed
            : rights.All(right => right.State == nameof(RightState.Granted)) ? ExitCode.Done
            : ExitCode.NotKnown;

    private static int Count(IReadOnlyList<CloudRightView> rights, string state) => rights.Count(right => right.State == state);
}
