using Opportunism.Core;

namespace Opportunism.Agent.Guests;

/// <summary>How often in a row a guest's step failed, and when the next attempt is due.</summary>
/// <param name="Step">What could not be done.</param>
/// <param name="Failed">Attempts that failed in a row.</param>
/// <param name="NotBefore">Timestamp of the next attempt.</param>
/// <param name="Sentence">Why the last one failed.</param>
/// <param name="Refused">Retrying is not expected to help.</param>
internal sealed record GuestAttempts(GuestStep Step, int Failed, long NotBefore, string Sentence, bool Refused)
{
    // A guest that never boots costs the node one boot in five minutes.
    private static readonly Backoff Retries = new(TimeSpan.FromSeconds(2), TimeSpan.FromMinutes(5));

    /// <summary>How long to wait after so many failures: doubling, but always short while the owner waits for memory.</summary>
    public static TimeSpan WaitAfter(GuestStep step, int failed) =>
        step is GuestStep.Evict or GuestStep.End ? Retries.First : Retries.After(failed);
}
