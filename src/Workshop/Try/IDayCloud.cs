using Opportunism.Contracts.Api;
using Opportunism.Core.Fleet;

namespace Opportunism.Workshop.Try;

/// <summary>The cloud of a day, with its one guest: the tenant's calls, and the operator's view of the host.</summary>
/// <remarks>A refused call or a service that does not reply is an exception with a sentence: the day has failed.</remarks>
internal interface IDayCloud : IDisposable
{
    /// <summary>True where a guest may be created before a node has room, and waits.</summary>
    bool GuestsWait { get; }

    /// <summary>True where the cloud shows for each host whether it places guests there; false where only the site itself would show
    /// it.</summary>
    bool HasHosts { get; }

    /// <summary>The time between two readings, so that reading does not slow down the cloud.</summary>
    TimeSpan LookEvery { get; }

    /// <summary>Creates the guest; called once. Returns what to show.</summary>
    Task<string> AskAsync(CancellationToken cancellationToken);

    /// <summary>The guest as its tenant sees it.</summary>
    Task<GuestSight> LookAsync(CancellationToken cancellationToken);

    /// <summary>The guest's output since the last call, each byte once; waits for a few seconds when there is none. One caller at a
    /// time.</summary>
    Task<string> ReadConsoleAsync(CancellationToken cancellationToken);

    /// <summary>Deletes the guest, and does not wait until it is gone.</summary>
    Task DeleteAsync(CancellationToken cancellationToken);

    /// <summary>Whether the cloud places guests on the node; only where <see cref="HasHosts"/>.</summary>
    Task<HostSight> LookAtHostAsync(CancellationToken cancellationToken);

    /// <summary>Memory of the evicted guest that is still in use on this machine, as a sentence; empty for none.</summary>
    string StillInMemory();

    /// <summary>The measurements of the guest so far; null where there are none yet.</summary>
    /// <param name="evicting">When the agent decided that the guest must leave, if it has.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    Task<VmTimes> TimesAsync(DateTimeOffset? evicting, CancellationToken cancellationToken);
}

/// <summary>A day's guest at one moment.</summary>
/// <param name="Status">Its status; null once it is gone.</param>
/// <param name="Sentence">Where it is or why, for the user.</param>
internal sealed record GuestSight(VmStatus? Status, string Sentence);

/// <summary>A day's host at one moment.</summary>
/// <param name="Open">Whether guests are placed there; null while cloud and controller do not agree.</param>
/// <param name="Sentence">The cloud's own description.</param>
internal sealed record HostSight(bool? Open, string Sentence);
