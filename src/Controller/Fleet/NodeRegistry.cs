using System.Collections.Concurrent;
using Google.Protobuf;
using Opportunism.Contracts.Nodes;
using Opportunism.Controller.Clouds;
using Opportunism.Controller.Settings;
using Opportunism.Controller.Store;
using Opportunism.Core;
using Opportunism.Server;

namespace Opportunism.Controller.Fleet;

/// <summary>The site's record of every node. Any thread; changes of one node follow one another, and each is stored before it becomes
/// visible.</summary>
internal sealed class NodeRegistry(NodeStore store, SiteClouds clouds, ControllerOptions options, TimeProvider time)
{
    // A late report can only come from a run that ended recently.
    private const int PastRunsKept = 16;

    private readonly ConcurrentDictionary<NodeId, Entry> entries = new();

    /// <summary>Called for every change, one at a time per node, before the call that made the change returns. Set once, at
    /// start.</summary>
    public Func<NodeRecord?, NodeRecord, CancellationToken, Task> Changed { get; set; } = (_, _, _) => Task.CompletedTask;

    /// <summary>The ids of all nodes, as a level for code that does something for each.</summary>
    public Level<IReadOnlyList<NodeId>> Enrolled { get; } = new([]);

    /// <summary>Every node, ordered by id.</summary>
    public IEnumerable<NodeRecord> Nodes =>
        entries.Values.Select(entry => entry.Level.Current).OrderBy(node => node.Id.Value, StringComparer.Ordinal);

    /// <summary>The node with that id, or null.</summary>
    public NodeRecord? Find(NodeId id) => entries.GetValueOrDefault(id)?.Level.Current;

    /// <summary>The node as a level, to wait for changes.</summary>
    public Level<NodeRecord>? LevelOf(NodeId id) => entries.GetValueOrDefault(id)?.Level;

    /// <summary>Loads the stored nodes. Their time since the last report starts at zero: a controller that was down for an hour does not
    /// mark every node lost.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        // All are checked before any is stored: a start that is refused changes nothing.
        var rows = (await store.LoadAsync(cancellationToken)).ConvertAll(row => (Row: row, Cloud: CloudOf(row)));
        foreach (var (row, cloud) in rows)
        {
            if (row.Cloud != cloud) await store.SaveCloudAsync(row.Id, cloud, cancellationToken);
            var node = new NodeRecord
            {
                Id = NodeId.Parse(row.Id),
                SecretHash = row.SecretHash,
                Enrolled = row.Enrolled,
                Cloud = cloud,
                Revoked = row.Revoked,
                Drained = row.Drained,
                SnoozedUntil = row.SnoozedUntil,
                Report = row.Report is { } report ? NodeReport.Parser.ParseFrom(report) : null,
                LastHeard = row.LastHeard,
                HeardAt = time.GetTimestamp(),
                PastRuns = row.PastRuns.Split('\n', StringSplitOptions.RemoveEmptyEntries),
            };
            entries[node.Id] = new Entry(node);
        }

        foreach (var node in Nodes) await Changed(null, node, cancellationToken);
        Enrolled.Set([.. entries.Keys]);
    }

    /// <summary>The cloud of a stored node. One that enrolled before a site could have several gets the one that the site had, or the one
    /// from the present settings, and keeps it. That of a revoked node may be gone.</summary>
    /// <exception cref="CannotStartException">The settings have no such cloud.</exception>
    private string CloudOf(NodeRow row)
    {
        if (row.Revoked) return row.Cloud;
        if (row.Cloud.Length > 0)
        {
            return clouds.Find(row.Cloud)?.Name ?? throw new CannotStartException(
                $"Node {row.Id} belongs to the cloud {row.Cloud}, but the settings have only {clouds.Names}: add a section "
                    + $"[Cloud.{row.Cloud}], or start once with --forget-cloud {row.Cloud}, which gives its nodes to the other clouds.");
        }

        return clouds.ForEarlier(NodeId.Parse(row.Id))?.Name
            ?? throw new CannotStartException(
                $"Node {row.Id} belongs to no cloud yet, and no Nodes in the settings fit its name: add it to one, or have one cloud "
                    + "without Nodes.");
    }

    /// <summary>Adds a node that was just stored.</summary>
    public async Task AddAsync(NodeRecord node, CancellationToken cancellationToken)
    {
        node = node with { HeardAt = time.GetTimestamp() };
        if (!entries.TryAdd(node.Id, new Entry(node))) throw new InvalidOperationException($"Node {node.Id} is enrolled already.");
        await Changed(null, node, cancellationToken);
        Enrolled.Set([.. entries.Keys]);
    }

    /// <summary>Lets a node continue with another credential, which was just stored.</summary>
    public Task EnrolAgainAsync(NodeId id, byte[] secretHash, DateTimeOffset enrolled) => ChangeAsync(
        id,
        node => node with { SecretHash = secretHash, Enrolled = enrolled, Revoked = false, HeardAt = time.GetTimestamp() },
        (_, _) => Task.CompletedTask,
        CancellationToken.None);

    /// <summary>Applies a validated report. False when it is older than the present one, which is no error.</summary>
    public Task<bool> ReportAsync(NodeId id, NodeReport report, CancellationToken cancellationToken) => ChangeAsync(
        id,
        node =>
        {
            if (node.Revoked) return null;
            if (node.Report is not { } known) return Heard(node, report, node.PastRuns);
            if (known.RunId == report.RunId) return report.Sequence > known.Sequence ? Heard(node, report, node.PastRuns) : null;
            return node.PastRuns.Contains(report.RunId)
                ? null
                : Heard(node, report, [known.RunId, .. node.PastRuns.Take(PastRunsKept - 1)]);
        },
        (node, token) => store.SaveReportAsync(id.Value, node.LastHeard!.Value, report.ToByteArray(), string.Join('\n', node.PastRuns),
        token),
        cancellationToken);

    /// <summary>Changes an operator's flags of a node. False when nothing changes.</summary>
    public Task<bool> SetFlagsAsync(NodeId id, Func<NodeRecord, NodeRecord> change, CancellationToken cancellationToken) => ChangeAsync(
        id,
        node => change(node) is var changed && changed == node ? null : changed,
        (node, token) => store.SaveFlagsAsync(id.Value, node.Revoked, node.Drained, node.SnoozedUntil, token),
        cancellationToken);

    /// <summary>Sets the state of a node's guests in their cloud. False when nothing changes.</summary>
    public Task<bool> ShowAsync(NodeId id, CloudGuests guests, CancellationToken cancellationToken) => ChangeAsync(
        id,
        node => guests.Equals(node.CloudGuests) ? null : node with { CloudGuests = guests },
        (_, _) => Task.CompletedTask,
        cancellationToken);

    /// <summary>Marks every node lost whose last report is too old. Called once a second.</summary>
    public async Task MarkLostAsync(CancellationToken cancellationToken)
    {
        foreach (var node in Nodes.Where(IsOverdue).ToList())
        {
            await ChangeAsync(
                node.Id, current => IsOverdue(current) ? current with { Lost = true } : null, (_, _) => Task.CompletedTask,
                cancellationToken);
        }
    }

    /// <summary>Raises every node's present state as a change again, for listeners whose last attempt to apply it failed, and ends snoozes
    /// that have passed.</summary>
    public async Task ReapplyAsync(CancellationToken cancellationToken)
    {
        foreach (var (id, entry) in entries)
        {
            await entry.Gate.WaitAsync(cancellationToken);
            try
            {
                await Changed(entry.Level.Current, entry.Level.Current, cancellationToken);
            }
            finally
            {
                entry.Gate.Release();
            }
        }
    }

    private NodeRecord Heard(NodeRecord node, NodeReport report, IReadOnlyList<string> pastRuns) =>
        node with { Report = report, PastRuns = pastRuns, LastHeard = time.GetUtcNow(), HeardAt = time.GetTimestamp(), Lost = false };

    private bool IsOverdue(NodeRecord node) =>
        node is { Lost: false, Revoked: false } && time.GetElapsedTime(node.HeardAt) >= options.LostAfter;

    private async Task<bool> ChangeAsync(
        NodeId id, Func<NodeRecord, NodeRecord?> change, Func<NodeRecord, CancellationToken, Task> save,
        CancellationToken cancellationToken)
    {
        if (!entries.TryGetValue(id, out var entry)) return false;
        await entry.Gate.WaitAsync(cancellationToken);
        try
        {
            var before = entry.Level.Current;
            if (change(before) is not { } after) return false;
            await save(after, cancellationToken);

            // What is stored takes effect, also when the caller has gone.
            entry.Level.Set(after);
            await Changed(before, after, CancellationToken.None);
            return true;
        }
        finally
        {
            entry.Gate.Release();
        }
    }

    private sealed class Entry(NodeRecord node)
    {
        public Level<NodeRecord> Level { get; } = new(node);

        /// <summary>One change at a time; held while it is stored. Never disposed: it lives as long as the process.</summary>
        public SemaphoreSlim Gate { get; } = new(1, 1);
    }
}
