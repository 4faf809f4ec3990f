using System.Collections.Concurrent;
using Google.Protobuf.WellKnownTypes;
using Opportunism.Contracts.Nodes;
using Opportunism.Controller.Settings;
using Opportunism.Core;

namespace Opportunism.Controller.Fleet;

/// <summary>Everything each node should be, as the level that its agent gets. Its version grows only when something in it
/// changes.</summary>
internal sealed class NodePlans(IPlannedGuests planned, SiteTimes policy, TimeProvider time)
{
    // An agent reports within seconds the newest plan that it has applied; older ones need not be kept.
    private const int VersionsKept = 64;

    private readonly ConcurrentDictionary<NodeId, Entry> entries = new();
    private long newestVersion;

    /// <summary>The node's plan as a level; null until it is first made.</summary>
    public Level<NodePlan>? LevelOf(NodeId node) => entries.GetValueOrDefault(node)?.Level;

    /// <summary>The guest in the node's present plan, or null: a node may only request these.</summary>
    public GuestPlan? GuestOf(NodeId node, string guest) => LevelOf(node)?.Current.Guests.FirstOrDefault(plan => plan.GuestId == guest);

    /// <summary>The cloud's revision in a version of the node's plan; 0 when it is unknown.</summary>
    public long RevisionOf(NodeId node, ulong version)
    {
        if (!entries.TryGetValue(node, out var entry)) return 0;
        lock (entry) return entry.Revisions.GetValueOrDefault(version);
    }

    /// <summary>Makes the node's plan again and pushes it if anything in it, or what it acknowledges, has changed.</summary>
    public void Rebuild(NodeRecord node)
    {
        var entry = entries.GetOrAdd(node.Id, _ => new Entry());
        lock (entry)
        {
            var (revision, guests) = planned.Of(node);
            var plan = Make(node, guests);
            var known = entry.Level?.Current;
            plan.Version = known?.Version ?? 0;
            plan.AcknowledgedSequence = known?.AcknowledgedSequence ?? 0;
            if (known is null || !plan.Equals(known)) plan.Version = NextVersion();

            // The same content counts for the newer revision too.
            entry.Revisions[plan.Version] = revision;
            while (entry.Revisions.Count > VersionsKept) entry.Revisions.RemoveAt(0);
            plan.AcknowledgedSequence = node.Report?.Sequence ?? 0;
            if (entry.Level is null) entry.Level = new(plan);
            else if (!plan.Equals(known)) entry.Level.Set(plan);
        }
    }

    /// <summary>Based on the clock, so that versions keep growing after a restart although none is stored.</summary>
    private ulong NextVersion()
    {
        while (true)
        {
            var seen = Interlocked.Read(ref newestVersion);
            var next = Math.Max(seen + 1, time.GetUtcNow().ToUnixTimeMilliseconds());
            if (Interlocked.CompareExchange(ref newestVersion, next, seen) == seen) return (ulong)next;
        }
    }

    private NodePlan Make(NodeRecord node, IReadOnlyList<GuestPlan> guests) => new()
    {
        ContractVersion = NodeContract.Version,
        LateDiskSha256 = true,
        Drained = node.Drained,
        SnoozedUntil = node.SnoozedUntil is { } until && until > time.GetUtcNow() ? until.ToTimestamp() : null,
        Policy = new PolicyPlan
        {
            IdleFor = policy.IdleFor?.ToDuration(),
            ThawAfter = policy.ThawAfter?.ToDuration(),
            EvictAfter = policy.EvictAfter?.ToDuration(),
        },
        CloudGuests = node.CloudGuests,
        Guests = { guests },
    };

    private sealed class Entry
    {
        public Level<NodePlan>? Level { get; set; }

        /// <summary>Version of the plan to the cloud's revision in it. Guarded by the entry itself.</summary>
        public SortedList<ulong, long> Revisions { get; } = [];
    }
}
