using Opportunism.Contracts.Api;
using Opportunism.Core.Fleet;

namespace Opportunism.Workshop.Try;

/// <summary>The cloud of a day, with its one guest: as the tenant uses it, and as its operator sees the host.</summary>
/// <remarks>What it refuses, and what does not answer, is an exception with a sentence: the day is broken.</remarks>
internal interface IDayCloud : IDisposable
{
    /// <summary>True where a guest may be asked for before a node has room, and waits.</summary>
    bool GuestsWait { get; }

    /// <summary>True where the cloud shows for each host whether it places
    /// guests there; false where only the site itself would say so.</summary>
    bool HasHosts { get; }

    /// <summary>How long to wait between two looks, so that looking does not slow down what is looked at.</summary>
    TimeSpan LookEvery { get; }

    /// <summary>Asks for the guest; called once. Answers what to show.</summary>
    Task<string> AskAsync(CancellationToken cancellationToken);

    /// <summary>The guest as its tenant sees it.</summary>
    Task<GuestSight> LookAsync(CancellationToken cancellationToken);

    /// <summary>What the guest has printed since the last call, each byte once;
    /// waits for a few seconds where it is nothing. One caller at a time.</summary>
    Task<string> ReadConsoleAsync(CancellationToken cancellationToken);

    /// <summary>Deletes the guest, and does not wait until it is gone.</summary>
    Task DeleteAsync(CancellationToken cancellationToken);

    /// <summary>Whether the cloud places guests on the node; only where <see cref="HasHosts"/>.</summary>
    Task<HostSight> LookAtHostAsync(CancellationToken cancellationToken);

    /// <summary>What of the evicted guest is still in the machine's memory, as a sentence; empty for nothing.</summary>
    string StillInMemory();

    /// <summary>What was measured of the guest so far; null where nothing was yet.</summary>
    /// <param name="evicting">When the agent decided that the guest must leave, if it has.</param>
    /// <param name="cancellationToken">Ends the asking.</param>
    Task<VmTimes> TimesAsync(DateTimeOffset? evicting, CancellationToken cancellationToken);
}

/// <summary>A day's guest at one moment.</summary>
/// <param name="Status">What it is; null once it is gone.</param>
/// <param name="Sentence">Where or why, for people.</param>
internal sealed record GuestSight(VmStatus? Status, string Sentence);

/// <summary>A day's host at one moment.</summary>
/// <param name="Open">Whether guests are placed there; null while cloud and controller do not agree.</param>
/// <param name="Sentence">How the cloud puts it.</param>
internal sealed record HostSight(bool? Open, string Sentence);
