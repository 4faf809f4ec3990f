using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Opportunism.Cli.OpenStack;
using Opportunism.Cli.Terminal;
using Opportunism.Clouds;
using Opportunism.Clouds.OpenStack;
using Opportunism.Core;
using Opportunism.Core.Fleet;

namespace Opportunism.Cli.StartStop;

/// <summary>The common part of <c>start-node</c> and <c>stop-node</c>: their options, the lock of the host, and their exit codes.</summary>
internal sealed class SwitchCommand
{
    // The time of a step beyond the one request that it may wait for.
    private static readonly TimeSpan OneStep = TimeSpan.FromSeconds(5);

    private readonly CliWorld world;
    private readonly Option<bool> json;
    private readonly Option<string?> host;
    private readonly Option<string> wait = new("--wait")
    {
        Description = "How long it may take in all, 1s to 1h.",
        DefaultValueFactory = _ => "2m",
        HelpName = "TIME",
    };
    private readonly Option<string> state = new("--state")
    {
        Description = "Folder for the list of evicted servers.",
        DefaultValueFactory = _ => SwitchFolder.Default,
        HelpName = "FOLDER",
    };
    private readonly OpenStackArguments cloud = new();

    public SwitchCommand(CliOptions options)
    {
        (world, json) = (options.World, options.Json);
        host = new("--host")
        {
            Description = $"The compute host, as 'openstack compute service list' shows it. [default: {world.HostName}]",
            HelpName = "NAME",
        };
    }

    /// <summary>Adds the options and the action.</summary>
    /// <param name="command">start-node or stop-node.</param>
    /// <param name="opposite">The other command's name.</param>
    /// <param name="target">The target of the host in Nova.</param>
    public Command Complete(Command command, string opposite, Func<ParseResult, HostTarget> target)
    {
        command.Options.Add(host);
        command.Options.Add(wait);
        command.Options.Add(state);
        cloud.AddTo(command);
        command.Options.Add(json);
        command.Validators.Add(parsed =>
        {
            if ((parsed.GetValue(host) ?? world.HostName) is var name && !IsHost(name))
                parsed.AddError(
                    $"--host is '{name}'; allowed is the name of a compute host: 1 to 255 characters without blanks, commas and '='.");
            if (parsed.GetValue(wait) is { } text && Words.Duration(text) is not { TotalHours: <= 1 })
                parsed.AddError($"--wait is '{text}'; allowed is a time such as 30s or 2m, from 1s to 1h.");
            if (parsed.GetValue(state) is "") parsed.AddError("--state is empty; a folder is expected.");
        });
        command.SetAction(
            (parsed, cancellationToken) => world.RunAsync(() => RunAsync(parsed, command.Name, opposite, target(parsed), cancellationToken),
            cancellationToken));
        return command;
    }

    private async Task<int> RunAsync(
        ParseResult parsed, string command, string opposite, HostTarget target, CancellationToken cancellationToken)
    {
        var began = world.Time.GetTimestamp();
        var name = parsed.GetValue(host) ?? world.HostName;
        var job = new SwitchJob(command, opposite, name, NodeOf(name), target);
        var options = cloud.Read(parsed);
        options.Hosts = $"{job.Node}={name}";
        var output = new SwitchOutput(world, parsed.GetValue(json));
        using var patience = new CancellationTokenSource(Words.Duration(parsed.GetValue(wait)!)!.Value, world.Time);

        // An owner who is back does not wait for a full disk to have space again: the marks on the servers are enough.
        var folder = new SwitchFolder(parsed.GetValue(state)!);
        var file = new EvictedFile(folder, job.Node + ".json", continuesWithout: !target.Open, output.Remark);
        await using var parts = OpenStackDriver.Compose(options, world.Time, file, output.Remark);
        using var turn = await TurnAsync(job, folder, file, options.TimeLimit + OneStep, output, patience.Token, cancellationToken);
        var (end, sentence, left, open) = turn is null
            ? (SwitchEnd.Overtaken, $"A newer start-node or stop-node has taken {name} over.", [], null)
            : await SwitchAsync(job, file, turn, parts, output, patience.Token, cancellationToken);
        var result = new SwitchResult(
            command, name, end, open, Math.Round(world.Time.GetElapsedTime(began).TotalSeconds, 1), sentence, output.AllDid, left,
            output.AllRemarks);
        Write(result, parsed.GetValue(json));
        return end switch { SwitchEnd.Done => ExitCode.Done, SwitchEnd.NoAnswer => ExitCode.NotConnected, _ => ExitCode.Failed };
    }

    /// <summary>Waits until no other command works on the host; null when a newer one came. A folder that cannot be used, or a command that
    /// hangs, ends a start, but not a stop: the owner is back.</summary>
    private async Task<HostLock?> TurnAsync(
        SwitchJob job, SwitchFolder folder, EvictedFile file, TimeSpan oneStep, SwitchOutput output, CancellationToken timeOver,
        CancellationToken interrupted)
    {
        var problem = folder.Prepare();
        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(timeOver, interrupted);
            if (problem is null)
            {
                var turn = await HostLock.TakeAsync(folder, job.Node.Value, world, job.Target.Open ? null : oneStep, either.Token);
                if (turn is { IsAlone: false })
                    output.Remark($"Another start-node or stop-node holds {job.Host}; continuing without the lock. Check why it hangs.");
                return turn;
            }
        }
        catch (OperationCanceledException)
        {
            throw new CliFailure(
                ExitCode.Failed,
                interrupted.IsCancellationRequested
                ? "Interrupted before anything was done."
                : $"Another start-node or stop-node works on {job.Host} and has not finished in time. Nothing was done; find out why it "
                + $"hangs, and run {job.Command} again.");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            problem = $"The files in {folder[""]} cannot be written: {failure.Message}";
        }

        if (job.Target.Open)
            throw new CliFailure(
                ExitCode.Failed, $"{problem} Nothing was done: the list of evicted servers must be kept until they run again.");
        output.Remark($"{problem} Only the marks on the servers show now which were evicted.");
        file.DoWithout();
        return HostLock.WithoutFolder();
    }

    private async Task<(SwitchEnd End, string Sentence, IReadOnlyList<LeftServer> Left, bool? Open)> SwitchAsync(
        SwitchJob job, EvictedFile file, HostLock turn, ServiceProvider parts, SwitchOutput output, CancellationToken timeOver,
        CancellationToken interrupted)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeOver, interrupted);
        try
        {
            var login = await parts.GetRequiredService<OpenStackLogin>().TryAsync(either.Token);
            if (login.Outcome is CloudOutcome.Refused)
                throw new CliFailure(ExitCode.NotAllowed, $"{job.Host} was not touched: {login.Sentence}");
        }
        catch (OperationCanceledException)
        {
            return interrupted.IsCancellationRequested
                ? (SwitchEnd.Interrupted, "Interrupted before anything was done.", [], null)
                : (SwitchEnd.NoAnswer, $"{job.Host} was not touched: Keystone timed out.", [], null);
        }

        var driver = parts.GetRequiredService<OpenStackCloud>();
        await driver.LoadAsync(CancellationToken.None);
        var nodeSwitch = new NodeSwitch(job, driver, file, turn, world, output);
        var (end, sentence, left) = await nodeSwitch.RunAsync(timeOver, interrupted);
        return (end, sentence, left, nodeSwitch.Open);
    }

    private void Write(SwitchResult result, bool asJson)
    {
        if (asJson) world.Output.WriteLine(JsonSerializer.Serialize(result, SwitchJson.Default.SwitchResult));
        else if (result.End is SwitchEnd.Done) world.Output.WriteLine(result.Sentence);
        else
        {
            world.Error.WriteLine(ConsoleText.Safe(result.Sentence));
            foreach (var left in result.Left) world.Error.WriteLine(ConsoleText.Safe($"  server {left.Server}: {left.Why}"));
        }
    }

    private static bool IsHost(string name) =>
        name.Length is > 0 and <= 255 && !name.Any(c => char.IsWhiteSpace(c) || char.IsControl(c) || c is ',' or '=');

    /// <summary>The host's own name where it is valid for a node; else a name made from it that is unique to this host.</summary>
    private static NodeId NodeOf(string name)
    {
        if (NodeId.TryParse(name, out var node)) return node;
        var plain =
            new string([.. name.ToLower(CultureInfo.InvariantCulture).Take(40).Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-')]);
        return NodeId.Parse($"host-{plain}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..8]}");
    }
}
