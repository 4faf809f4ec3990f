using Opportunism.Cli.Terminal;
using Opportunism.Clouds;
using Opportunism.Core;
using Opportunism.Core.Eviction;
using Opportunism.Core.Fleet;

namespace Opportunism.Cli.StartStop;

/// <summary>Closes a compute host and empties it, or opens it and brings back what was evicted, step by step until that is done or the time
/// is over.</summary>
/// <remarks>It may be ended at any point: a later start or stop finds and corrects what is left, since every eviction is recorded and
/// marked before it is requested.</remarks>
internal sealed class NodeSwitch
{
    // How often Nova is read while nothing changes; the time limit is minutes, so a controller's minute is too long here.
    private static readonly TimeSpan ComparesEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(10);

    private readonly SwitchJob job;
    private readonly EvictedFile file;
    private readonly HostLock turn;
    private readonly CliWorld world;
    private readonly SwitchOutput output;
    private readonly SwitchWords words;
    private readonly NodeAgreement agreement;

    // The guests at the last successful reading, and what failed in the last step.
    private IReadOnlyList<CloudGuest>? guests;
    private AgreementStep? last;
    private bool answered;
    private bool watches;
    private bool? open;
    private readonly HashSet<GuestId> moved = [];

    public NodeSwitch(SwitchJob job, IHostCloud cloud, EvictedFile file, HostLock turn, CliWorld world, SwitchOutput output)
    {
        (this.job, this.file, this.turn, this.world, this.output) = (job, file, turn, world, output);
        words = new SwitchWords(job);
        agreement = new NodeAgreement(job.Node, cloud, world.Time, ComparesEvery, LongestRetry) { Answered = PrintAnswer };
    }

    /// <summary>Works until it is done, needs a person, is overtaken, or one of the tokens is cancelled.</summary>
    /// <param name="timeOver">Ends it when the time is over.</param>
    /// <param name="interrupted">Ends it when a person or the system interrupts it.</param>
    public async Task<(SwitchEnd End, string Sentence, IReadOnlyList<LeftServer> Left)> RunAsync(
        CancellationToken timeOver, CancellationToken interrupted)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeOver, interrupted);
        try
        {
            while (!turn.IsOvertaken)
            {
                last = await agreement.StepAsync(job.Target, either.Token);
                if (agreement.Host is { } seen && last.Hindrances.All(left => left.Action is not (null or CloudAction.Close)))
                    (guests, open, answered) = (seen.Guests, seen.Open, true);
                var left = Left();
                PrintStep(last, left);
                if (IsOver(left)) return Ended(left.Count == 0 ? SwitchEnd.Done : SwitchEnd.NeedsPerson);
                if (last.NeedsPerson) return Ended(SwitchEnd.NeedsPerson);
                await turn.PauseAsync(last.Wait, world, either.Token);
            }

            return Ended(SwitchEnd.Overtaken);
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested || turn.IsOvertaken)
        {
            return Ended(
                turn.IsOvertaken ? SwitchEnd.Overtaken
                    : interrupted.IsCancellationRequested ? SwitchEnd.Interrupted
                    : answered ? SwitchEnd.TimeOver
                    : SwitchEnd.NoAnswer);
        }
    }

    /// <summary>Whether the host is open; null while unknown.</summary>
    public bool? Open => open;

    private bool IsOver(IReadOnlyList<LeftServer> left)
    {
        if (last is not { AtRest: true } || guests is null) return false;

        // A server that we brought back but have not seen yet may still come; one in error will not.
        return !job.Target.Open
            || left.All(one => guests.Any(guest => SwitchWords.IdOf(guest.Id) == one.Server && guest.State is CloudGuestState.Resting));
    }

    /// <summary>Servers that are not where they should be, at the last reading.</summary>
    private IReadOnlyList<LeftServer> Left()
    {
        if (guests is null) return [];
        if (!job.Target.Open)
            return [
                .. guests.Where(guest => guest.State is CloudGuestState.Here or CloudGuestState.Busy)
                    .Select(
                        guest => new LeftServer(
                            SwitchWords.IdOf(guest.Id), SwitchWords.Why(guest, last, "was asked to leave and has not left yet")))];

        // A shelved server is placed on any host with room, whichever is opened next; and one that its tenant stopped since is not ours.
        return [.. from server in file.Servers
                   where server.Node == job.Node && server.Action is not EvictionStep.Shelve
                   let seen = guests.Where(guest => guest.Id == server.Guest).ToList()
                   where seen is not [{ State: CloudGuestState.Resting, Sentence: "" }]
                   select new LeftServer(
                       SwitchWords.IdOf(server.Guest),
                       seen is [var guest]
                       ? SwitchWords.Why(guest, last, "was asked to run again and does not yet")
                       : "is not on its host any more, and Nova did not say what became of it")];
    }

    private (SwitchEnd, string, IReadOnlyList<LeftServer>) Ended(SwitchEnd end)
    {
        // The newer command reports what is left.
        var left = end is SwitchEnd.Overtaken ? [] : Left();
        return (end, words.Sentence(end, open, last, left.Count, moved.Count), left);
    }

    /// <summary>Prints one line for each change.</summary>
    private void PrintAnswer(CloudAction action, CloudAnswer answer)
    {
        if (answer.IsDone) answered = true;
        if (answer.IsDone && action is CloudAction.Open or CloudAction.Close) open = action is CloudAction.Open;
        if (answer.Outcome is CloudOutcome.Done)
        {
            if (action.About is { } guest) moved.Add(guest);
            if (words.Change(action, guest => file.Of(guest)?.Action ?? EvictionStep.Delete) is { } line) output.Did(line);
        }

        if (turn.IsOvertaken) throw new OperationCanceledException();
    }

    private void PrintStep(AgreementStep step, IReadOnlyList<LeftServer> left)
    {
        if (step.IsNotable) output.Waits(job.Host, SwitchWords.Waits(step));
        if (watches || job.Target.Open || step.AtRest || step.Hindrances.Count > 0 || left.Count > 0 || guests is null) return;
        watches = true;
        output.Did($"{job.Host} is empty; it is watched for a minute, in case a build was under way");
    }
}
