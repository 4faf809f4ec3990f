using System.Globalization;
using Opportunism.Cli.Commands;
using Opportunism.Cli.OpenStack;
using Opportunism.Clouds;
using Opportunism.Clouds.OpenStack;
using Opportunism.Core;
using Opportunism.Core.Fleet;

namespace Opportunism.Cli.StartStop;

/// <summary>Closes a compute host and empties it, or opens it and brings back what was evicted, step by step until that is so or the time is over.</summary>
/// <remarks>Ended anywhere it leaves nothing that a later one, of either kind, does not find and set right: what was evicted is written down and marked before it is asked for.</remarks>
internal sealed class NodeSwitch
{
    // Nova is asked so often while nothing is due; the time limit is minutes, so a controller's minute is too long here.
    private static readonly TimeSpan ComparesEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(10);

    private readonly SwitchJob job;
    private readonly EvictedFile file;
    private readonly Turn turn;
    private readonly CliWorld world;
    private readonly SwitchVoice voice;
    private readonly NodeAgreement agreement;

    // The guests at the last look that brought any, and what could not be done in the last step.
    private IReadOnlyList<CloudGuest>? guests;
    private AgreementStep? last;
    private bool answered;
    private bool watches;
    private bool? open;
    private readonly HashSet<GuestId> moved = [];

    public NodeSwitch(SwitchJob job, ICloud cloud, EvictedFile file, Turn turn, CliWorld world, SwitchVoice voice)
    {
        (this.job, this.file, this.turn, this.world, this.voice) = (job, file, turn, world, voice);
        agreement = new NodeAgreement(job.Node, cloud, world.Time, ComparesEvery, LongestRetry) { Answered = Tell };
    }

    /// <summary>Works until it is done, needs a person, was overtaken, or one of the tokens ends it.</summary>
    /// <param name="timeOver">Ends it when the time is over.</param>
    /// <param name="interrupted">Ends it when the person or the system wants it.</param>
    public async Task<(SwitchEnd End, string Sentence, IReadOnlyList<LeftServer> Left)> RunAsync(CancellationToken timeOver, CancellationToken interrupted)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeOver, interrupted);
        try
        {
            while (!turn.IsOvertaken)
            {
                last = await agreement.StepAsync(job.Wish, either.Token).ConfigureAwait(false);
                if (agreement.Host is { } seen && last.Hindrances.All(left => left.Action is not (null or CloudAction.Close))) (guests, open, answered) = (seen.Guests, seen.Open, true);
                var left = Left();
                Tell(last, left);
                if (IsOver(left)) return Ended(left.Count == 0 ? SwitchEnd.Done : SwitchEnd.NeedsPerson);
                if (last.NeedsPerson) return Ended(SwitchEnd.NeedsPerson);
                await turn.PauseAsync(last.Wait, world, either.Token).ConfigureAwait(false);
            }

            return Ended(SwitchEnd.Overtaken);
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested || turn.IsOvertaken)
        {
            return Ended(turn.IsOvertaken ? SwitchEnd.Overtaken : interrupted.IsCancellationRequested ? SwitchEnd.Interrupted : answered ? SwitchEnd.TimeOver : SwitchEnd.NoAnswer);
        }
    }

    /// <summary>Whether the host is open, as far as is known.</summary>
    public bool? Open => open;

    private bool IsOver(IReadOnlyList<LeftServer> left)
    {
        if (last is not { AtRest: true } || guests is null) return false;

        // What we asked to come back and what nobody has seen yet may still come; what is in error will not.
        return !job.Wish.Open || left.All(one => guests.Any(guest => IdOf(guest.Id) == one.Server && guest.State is CloudGuestState.Resting));
    }

    /// <summary>Servers that are not where they should be, as far as was seen.</summary>
    private IReadOnlyList<LeftServer> Left()
    {
        if (guests is null) return [];
        if (!job.Wish.Open) return [.. guests.Where(guest => guest.State is CloudGuestState.Here or CloudGuestState.Busy).Select(guest => new LeftServer(IdOf(guest.Id), Why(guest, "was asked to leave and has not left yet")))];

        // A shelved server goes wherever there is room, whoever opens a host next; and what its tenant put to rest since is the tenant's.
        return [.. from server in file.Servers
                   where server.Node == job.Node && server.Action is not ServerPolicy.Shelve
                   let seen = guests.Where(guest => guest.Id == server.Guest).ToList()
                   where seen is not [{ State: CloudGuestState.Resting, Sentence: "" }]
                   select new LeftServer(IdOf(server.Guest), seen is [var guest] ? Why(guest, "was asked to go on and does not run yet") : "is not on its host any more, and Nova did not say what became of it")];
    }

    private string Why(CloudGuest guest, string usual) =>
        last!.Hindrances.FirstOrDefault(left => GuestOf(left.Action) == guest.Id) is { Action: not null } hindrance ? Shown(hindrance.Answer.Sentence).TrimEnd('.') : guest.Sentence.Length > 0 ? Shown(guest.Sentence) : usual;

    private (SwitchEnd, string, IReadOnlyList<LeftServer>) Ended(SwitchEnd end)
    {
        // Whoever has taken over sees to what is left.
        var left = end is SwitchEnd.Overtaken ? [] : Left();
        return (end, Sentence(end, left), left);
    }

    private string Sentence(SwitchEnd end, IReadOnlyList<LeftServer> left)
    {
        var because = last is { Hindrances: [var first, ..] } && first.Action is null or CloudAction.Open or CloudAction.Close ? Shown(first.Answer.Sentence) : "";
        var (state, servers) = (job.Wish.Open ? "open" : "closed", Counted(left.Count));
        return end switch
        {
            SwitchEnd.Done => job.Wish.Open ? $"{job.Host} is open{(moved.Count > 0 ? $", and {Counted(moved.Count)} went on" : "")}." : $"{job.Host} is closed and empty{(moved.Count > 0 ? $": {Counted(moved.Count)} left" : "")}.",
            SwitchEnd.Overtaken => $"A newer start-node or stop-node has taken {job.Host} over.",
            SwitchEnd.Interrupted => $"Interrupted: {job.Host} is left as it is now. Run {job.Command} again to go on, or {job.Opposite} to go back.",
            _ when open != job.Wish.Open => $"{job.Host} could not be {(job.Wish.Open ? "opened" : "closed")}: {(because.Length > 0 ? because : $"Nova did not answer in the time given. Run {job.Command} again.")}",
            _ when because.Length > 0 => $"{job.Host} is {state}, but what is there is not known: {because}",
            _ when left.Count > 0 => job.Wish.Open ? $"{job.Host} is open, but {servers} that we evicted did not go on:" : $"{job.Host} is closed, but {servers} did not leave:",
            _ when last is { Hindrances.Count: > 0 } => $"{job.Host} is {state}, but not all could be done: {Shown(last.Sentence)}",
            _ when job.Wish.Open => $"{job.Host} is open, but the time was over before Nova had been asked for all of its servers. Run start-node again.",
            _ => $"{job.Host} is closed and empty, but it was not looked at for a whole minute: a build that was under way may still appear. Run stop-node again, or give it more time with --wait.",
        };
    }

    /// <summary>One line for each change of hands.</summary>
    private void Tell(CloudAction action, CloudAnswer answer)
    {
        if (answer.IsDone) answered = true;
        if (answer.IsDone && action is CloudAction.Open or CloudAction.Close) open = action is CloudAction.Open;
        if (answer.Outcome is CloudOutcome.Done)
        {
            switch (action)
            {
                case CloudAction.Close close:
                    voice.Did($"{job.Host} is closed in Nova: {close.Reason}");
                    break;
                case CloudAction.Open:
                    voice.Did($"{job.Host} is open in Nova");
                    break;
                case CloudAction.Evict evict:
                    moved.Add(evict.Guest);
                    voice.Did($"server {IdOf(evict.Guest)} leaves {job.Host}: {ServerPolicies.NameOf(file.Of(evict.Guest)?.Action ?? ServerPolicy.Terminate)}");
                    break;
                case CloudAction.BringBack back:
                    moved.Add(back.Guest);
                    voice.Did($"server {IdOf(back.Guest)} goes on");
                    break;
            }
        }

        if (turn.IsOvertaken) throw new OperationCanceledException();
    }

    private void Tell(AgreementStep step, IReadOnlyList<LeftServer> left)
    {
        if (step.IsNotable) voice.Waits(job.Host, Shown(string.Join("; ", step.Hindrances.Count == 0 ? [step.Sentence] : step.Hindrances.Select(Text))));
        if (watches || job.Wish.Open || step.AtRest || step.Hindrances.Count > 0 || left.Count > 0 || guests is null) return;
        watches = true;
        voice.Did($"{job.Host} is empty; it is watched for a minute, in case a build was under way");
    }

    private string Text(AgreementStep.Hindrance left) => left.Action switch
    {
        null => left.Answer.Sentence,
        CloudAction.Close => $"cannot be closed: {left.Answer.Sentence}",
        CloudAction.Open => $"cannot be opened: {left.Answer.Sentence}",
        CloudAction.Settle => $"its network agents cannot be marked: {left.Answer.Sentence}",
        var action => $"server {IdOf(GuestOf(action)!.Value)}: {left.Answer.Sentence}",
    };

    private static GuestId? GuestOf(CloudAction? action) => action switch
    {
        CloudAction.Evict evict => evict.Guest,
        CloudAction.BringBack back => back.Guest,
        _ => null,
    };

    private static string Counted(int servers) => servers == 1 ? "1 server" : string.Create(CultureInfo.InvariantCulture, $"{servers} servers");

    private static string IdOf(GuestId guest) => Guid.ParseExact(guest.Value, "N").ToString();

    private static string Shown(string sentence) => OpenStackArguments.ForCommandLine(DriverRemarks.WithDashes(sentence));
}
