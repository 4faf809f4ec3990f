using System.Text.Json;
using Opportunism.Agent.Availability;
using Opportunism.Agent.Conditions;
using Opportunism.Contracts;
using Opportunism.Contracts.Local;
using Opportunism.Core.Availability;

namespace Opportunism.Agent.LocalSocket;

/// <summary>Decides which requests a user of this desktop may make, and carries them out.</summary>
/// <remarks>Anyone may see the status, without tenants' names for their guests; the owner at the seat and root may snooze, take back and
/// run the doctor. Any thread.</remarks>
internal sealed class LocalRequests(
    AvailabilityLoop loop, SnoozeCondition snooze, LocalStatusView view, BrakeTrial trial,
    Func<LocalUser, bool> sitsHere, TimeProvider time)
{
    // The deciding thread takes a millisecond.
    private static readonly TimeSpan DecidesWithin = TimeSpan.FromSeconds(1);

    public async Task<LocalReply> AnswerAsync(ReadOnlyMemory<byte> line, LocalUser user, CancellationToken cancellationToken)
    {
        LocalRequest? request;
        try
        {
            request = JsonSerializer.Deserialize(line.Span, LocalJson.Default.LocalRequest);
        }
        catch (JsonException)
        {
            request = null;
        }

        if (request is null) return new("The request is not a JSON object with the field 'ask'.", null);
        var isOwner = user.IsAdministrator || sitsHere(user);
        if (request.Ask == LocalAsk.Status) return new(null, isOwner ? view.Look() : WithoutNames(view.Look()));
        if (request.Ask is not (LocalAsk.Snooze or LocalAsk.Wake or LocalAsk.TakeBack or LocalAsk.Doctor))
            return new(
                $"Unknown request; allowed are {LocalAsk.Status}, {LocalAsk.Snooze}, {LocalAsk.Wake}, {LocalAsk.TakeBack} and "
                    + $"{LocalAsk.Doctor}.",
                null);
        if (!isOwner) return new("Only the user at the desktop's seat and root may do that.", null);
        switch (request.Ask)
        {
            case LocalAsk.Snooze when request.Until is not { } until || until <= time.GetUtcNow()
                || until > time.GetUtcNow() + SnoozeLimit.Longest:
                return new($"A snooze needs an end that lies ahead, at most {SnoozeLimit.Longest.TotalDays} d.", null);
            case LocalAsk.Snooze:
                snooze.Set(SnoozeBy.Owner, request.Until.Value);
                loop.Reconsider();
                break;
            case LocalAsk.Wake:
                snooze.Set(SnoozeBy.Owner, null);
                loop.Reconsider();
                break;
            case LocalAsk.TakeBack:
                await TakeBackAsync(cancellationToken);
                break;
            case LocalAsk.Doctor:
                var brake = await trial.RunAsync(cancellationToken);
                return new(null, await view.LookAnewAsync(cancellationToken), brake);
        }

        return new(null, view.Look());
    }

    /// <summary>Takes back, and shows the result if there is one: a node that does not lend stays as it is.</summary>
    private async Task TakeBackAsync(CancellationToken cancellationToken)
    {
        var before = loop.Status.Current;
        loop.TakeBack();
        if (before.State is not (NodeState.Available or NodeState.Frozen)) return;
        try
        {
            await loop.Status.NewerThanAsync(before, cancellationToken).WaitAsync(DecidesWithin, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // The state from before is shown, as for every other request.
        }
    }

    // The tenant's name for a VM is not shown to every user.
    private static LocalStatus WithoutNames(LocalStatus status) => status with
    {
        Guests = [.. status.Guests.Select(guest => guest with { Name = "" })],
    };
}
