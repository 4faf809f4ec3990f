using System.Globalization;
using Opportunism.Cli.OpenStack;
using Opportunism.Clouds;
using Opportunism.Clouds.OpenStack;
using Opportunism.Core;
using Opportunism.Core.Eviction;
using Opportunism.Core.Fleet;

namespace Opportunism.Cli.StartStop;

/// <summary>The sentences that a switch of a host prints about its progress and its result. Pure.</summary>
internal sealed class SwitchWords(SwitchJob job)
{
    /// <summary>The line for a change; null for an action that is not shown.</summary>
    /// <param name="action">What was done.</param>
    /// <param name="policyOf">The step that was taken with a server.</param>
    public string? Change(CloudAction action, Func<GuestId, EvictionStep> policyOf) => action switch
    {
        CloudAction.Close close => $"{job.Host} is closed in Nova: {close.Reason}",
        CloudAction.Open => $"{job.Host} is open in Nova",
        CloudAction.Evict evict => $"server {IdOf(evict.Guest)} leaves {job.Host}: {ServerPolicies.NameOf(policyOf(evict.Guest))}",
        CloudAction.BringBack back => $"server {IdOf(back.Guest)} is brought back",
        _ => null,
    };

    /// <summary>What a step did not do, and why.</summary>
    public static string Waits(AgreementStep step) =>
        Shown(string.Join("; ", step.Hindrances.Count == 0 ? [step.Sentence] : step.Hindrances.Select(Text)));

    /// <summary>Why a server is not where it should be.</summary>
    /// <param name="guest">The server at the last reading.</param>
    /// <param name="last">The last step.</param>
    /// <param name="usual">The reason where neither gives one.</param>
    public static string Why(CloudGuest guest, AgreementStep? last, string usual) =>
        last?.Hindrances.FirstOrDefault(left => left.Action?.About == guest.Id) is { Action: not null } hindrance
            ? Shown(hindrance.Answer.Sentence).TrimEnd('.')
            : guest.Sentence.Length > 0
            ? Shown(guest.Sentence)
            : usual;

    /// <summary>How it ended.</summary>
    /// <param name="end">The kind of end.</param>
    /// <param name="open">Whether the host is open; null when that is unknown.</param>
    /// <param name="last">The last step; null when there was none.</param>
    /// <param name="left">How many servers are not where they should be.</param>
    /// <param name="moved">How many left, or run again.</param>
    public string Sentence(SwitchEnd end, bool? open, AgreementStep? last, int left, int moved)
    {
        var because = last is { Hindrances: [var first, ..] } && first.Action is null or CloudAction.Open or CloudAction.Close
            ? Shown(first.Answer.Sentence)
            : "";
        var (state, servers) = (job.Target.Open ? "open" : "closed", Counted(left));
        return end switch
        {
            SwitchEnd.Done => job.Target.Open
                ? $"{job.Host} is open{(moved > 0 ? $", and {Counted(moved)} went on" : "")}."
                : $"{job.Host} is closed and empty{(moved > 0 ? $": {Counted(moved)} left" : "")}.",
            SwitchEnd.Overtaken => $"A newer start-node or stop-node has taken {job.Host} over.",
            SwitchEnd.Interrupted =>
                $"Interrupted: {job.Host} is left as it is now. Run {job.Command} again to continue, or {job.Opposite} to undo it.",
            _ when open != job.Target.Open => $"{job.Host} could not be {(job.Target.Open ? "opened" : "closed")}: "
                + $"{(because.Length > 0 ? because : $"Nova timed out. Run {job.Command} again.")}",
            _ when because.Length > 0 => $"{job.Host} is {state}, but what is there is not known: {because}",
            _ when left > 0 => job.Target.Open
                ? $"{job.Host} is open, but {servers} that we evicted do not run:"
                : $"{job.Host} is closed, but {servers} did not leave:",
            _ when last is { Hindrances.Count: > 0 } => $"{job.Host} is {state}, but not all could be done: {Shown(last.Sentence)}",
            _ when job.Target.Open =>
                $"{job.Host} is open, but the time was over before Nova had been asked for all of its servers. Run start-node again.",
            _ => $"{job.Host} is closed and empty, but it was not looked at for a whole minute: a build that was under way may still "
                + "appear. Run stop-node again, or give it more time with --wait.",
        };
    }

    /// <summary>A server's id in the form of OpenStack's own tools.</summary>
    public static string IdOf(GuestId guest) => Guid.ParseExact(guest.Value, "N").ToString();

    private static string Text(AgreementStep.Hindrance left) => left.Action switch
    {
        null => left.Answer.Sentence,
        CloudAction.Close => $"cannot be closed: {left.Answer.Sentence}",
        CloudAction.Open => $"cannot be opened: {left.Answer.Sentence}",
        CloudAction.Settle => $"its network agents cannot be marked: {left.Answer.Sentence}",
        var action => $"server {IdOf(action.About!.Value)}: {left.Answer.Sentence}",
    };

    private static string Counted(int servers) =>
        servers == 1 ? "1 server" : string.Create(CultureInfo.InvariantCulture, $"{servers} servers");

    private static string Shown(string sentence) => OpenStackArguments.ForCommandLine(DriverRemarks.WithDashes(sentence));
}
