using Google.Protobuf.WellKnownTypes;
using Opportunism.Contracts.Nodes;
using Opportunism.Core;

namespace Opportunism.Agent.Guests;

/// <summary>Since when each guest is reported in its phase. For one thread.</summary>
internal sealed class PhaseTimes(TimeProvider time)
{
    private readonly Dictionary<GuestId, (string Phase, Timestamp Since)> since = [];

    /// <summary>Since when it has been in that phase; now, if it was in another one or is new.</summary>
    public Timestamp Of(GuestId guest, string phase)
    {
        if (!since.TryGetValue(guest, out var known) || known.Phase != phase)
            since[guest] = known = (phase, Timestamp.FromDateTimeOffset(time.GetUtcNow()));
        return known.Since;
    }

    /// <summary>Forgets those that are no longer reported.</summary>
    public void KeepOnly(IEnumerable<GuestReport> reported)
    {
        foreach (var gone in since.Keys.Except(reported.Select(guest => GuestId.Parse(guest.GuestId))).ToArray()) since.Remove(gone);
    }
}
