using System.Net;
using Opportunism.Contracts.Api;
using Opportunism.Contracts.Local;
using Spectre.Console;

namespace Opportunism.Cli.Terminal;

/// <summary>Console, clock and connections that commands use; a test supplies its own.</summary>
internal sealed record CliWorld
{
    // An agent replies in milliseconds; for the doctor it runs every monitor and tries the brake.
    private static readonly TimeSpan AgentAnswersWithin = TimeSpan.FromSeconds(10), DoctorAnswersWithin = TimeSpan.FromSeconds(60);

    // A pipe has no width: each row stays on one line, and the longest has a few sentences.
    private const int PipeWidth = 100_000;

    /// <summary>Tables, progress and questions; colours only where the terminal has them.</summary>
    public required IAnsiConsole Console { get; init; }

    /// <summary>Where JSON and raw text are written.</summary>
    public required TextWriter Output { get; init; }

    /// <summary>Where errors are written.</summary>
    public required TextWriter Error { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>An environment variable, or null.</summary>
    public required Func<string, string?> Variable { get; init; }

    /// <summary>Folders in which the file of a site on this machine may be; empty to search none.</summary>
    public IReadOnlyList<string> MachineSites { get; init; } = [];

    /// <summary>The machine's name, which is nova-compute's default host name.</summary>
    public string HostName { get; init; } = Dns.GetHostName();

    /// <summary>Waits between two steps of a command; null to use the clock. A test moves the clock instead.</summary>
    public Func<TimeSpan, CancellationToken, Task>? Pause { get; init; }

    /// <summary>Opens the site that an address names.</summary>
    public Func<SiteAddress, SiteClient> OpenSite { get; init; } = address =>
        new SiteClient(new Uri(address.Url), address.CaFingerprint, address.Token);

    /// <summary>The world of a user at a terminal or a script.</summary>
    public static CliWorld Real()
    {
        var console = AnsiConsole.Console;

        if (System.Console.IsOutputRedirected) console.Profile.Width = PipeWidth;
        return new()
        {
            Console = console,
            Output = System.Console.Out,
            Error = System.Console.Error,
            Time = TimeProvider.System,
            Variable = Environment.GetEnvironmentVariable,
            MachineSites = SiteAddress.OfThisMachine,
        };
    }

    /// <summary>Waits.</summary>
    public Task PauseAsync(TimeSpan wait, CancellationToken cancellationToken) =>
        Pause?.Invoke(wait, cancellationToken) ?? Task.Delay(wait, Time, cancellationToken);

    /// <summary>Runs a command and turns failures into a sentence and an exit code.</summary>
    public async Task<int> RunAsync(Func<Task<int>> command, CancellationToken cancellationToken)
    {
        try
        {
            return await command();
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return Say(ExitCode.Interrupted, "Interrupted before it was done.");
        }
        catch (CliFailure failure)
        {
            return Say(failure.ExitCode, failure.Message);
        }
        catch (SiteException refusal)
        {
            return Say(
                refusal.Status switch
                {
                    null => ExitCode.NotConnected,
                    HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => ExitCode.NotAllowed,
                    HttpStatusCode.NotFound => ExitCode.NotFound,
                    HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity => ExitCode.Usage,
                    _ => ExitCode.Failed,
                },
                refusal.Message);
        }
    }

    /// <summary>Runs a task that does not end by itself: Ctrl-C is its normal end, not a failure.</summary>
    public static async Task<int> FollowAsync(Func<Task> follow, CancellationToken cancellationToken)
    {
        try
        {
            await follow();
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Ctrl-C is the normal end.
        }

        return ExitCode.Done;
    }

    /// <summary>Calls the agent of this desktop; a refusal ends the command, and so does an agent that hangs.</summary>
    public async Task<LocalReply> AskAgentAsync(string socket, LocalRequest request, CancellationToken cancellationToken)
    {
        var patience = request.Ask == LocalAsk.Doctor ? DoctorAnswersWithin : AgentAnswersWithin;
        using var late = new CancellationTokenSource(patience, Time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        LocalReply reply;
        try
        {
            reply = await new LocalAgent(socket).AskAsync(request, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CliFailure(
                ExitCode.NotConnected,
                $"The agent at {socket} timed out after {patience.TotalSeconds} s. If it hangs, restart it (systemctl restart "
                + "opportunism-agent).");
        }
        catch (IOException unreachable)
        {
            throw new CliFailure(ExitCode.NotConnected, unreachable.Message);
        }

        return reply.Error is { } error ? throw new CliFailure(ExitCode.Failed, error) : reply;
    }

    private int Say(int exitCode, string message)
    {
        Error.WriteLine(message);
        return exitCode;
    }
}
