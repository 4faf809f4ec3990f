using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Opportunism.Contracts.Api;
using Opportunism.Core;
using Opportunism.Core.Health;
using Opportunism.Server.Http;
using Opportunism.Server.Store;

namespace Opportunism.Server.Events;

/// <summary>A server's events, for reading later and for watching now. Adding never waits; a background task stores them in
/// batches.</summary>
public sealed partial class EventLog : BackgroundService
{
    // Weeks of a busy server; a bounded table needs no maintenance.
    private const int Kept = 20_000;

    private readonly EventStore store;
    private readonly TimeProvider time;
    private readonly ILogger<EventLog> log;

    // While the store cannot be written, the newest events wait here; older ones are lost, which costs only history.
    private readonly Channel<EventRow> pending = Channel.CreateBounded<EventRow>(
        new BoundedChannelOptions(4096) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    private Level<Newest> newest = new(new Newest(0));

    internal EventLog(EventStore store, TimeProvider time, ILogger<EventLog> log)
    {
        this.store = store;
        this.time = time;
        this.log = log;
    }

    /// <summary>Id of the newest stored event, as a level that readers wait on.</summary>
    public Level<Newest> NewestStored => newest;

    /// <summary>Records that something happened. The sentence may hold texts of nodes and tenants: what is not printable is
    /// replaced.</summary>
    public void Add(string kind, HealthSeverity severity, NodeId? node, GuestId? vm, string sentence) =>
        pending.Writer.TryWrite(
            new EventRow
            {
                At = time.GetUtcNow(),
                Kind = kind,
                Severity = severity,
                Node = node?.Value,
                Vm = vm?.Value,
                Sentence = Answers.Printable(sentence),
            });

    /// <summary>Reads the id of the newest stored event. Called once, before any reader.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        var stored = await store.NewestAsync(1, cancellationToken);
        newest = new(new Newest(stored.Count > 0 ? stored[0].Id : 0));
    }

    /// <summary>Events after the one with that id, or the newest ones when it is 0; oldest first.</summary>
    public async Task<IReadOnlyList<EventView>> ReadAsync(long after, int take, CancellationToken cancellationToken)
    {
        var rows = after > 0 ? await store.AfterAsync(after, take, cancellationToken) : await store.NewestAsync(take, cancellationToken);
        return rows.ConvertAll(ViewOf);
    }

    /// <summary>Events after the one with that id, oldest first.</summary>
    public async Task<IReadOnlyList<EventView>> AfterAsync(long after, int take, CancellationToken cancellationToken) =>
        (await store.AfterAsync(after, take, cancellationToken)).ConvertAll(ViewOf);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var batch = new List<EventRow>();
        while (batch.Count > 0 || await pending.Reader.WaitToReadAsync(stoppingToken))
        {
            while (batch.Count < 256 && pending.Reader.TryRead(out var row)) batch.Add(row);
            try
            {
                await store.AddAsync(batch, stoppingToken);
                var last = batch[^1].Id;
                if (last / 1000 != batch[0].Id / 1000) await store.ForgetUpToAsync(last - Kept, stoppingToken);
                newest.Set(new Newest(last));
                batch.Clear();
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                StoreFailed(failure);
                foreach (var row in batch) row.Id = 0;
                await Task.Delay(TimeSpan.FromSeconds(1), time, stoppingToken);
            }
        }
    }

    private static EventView ViewOf(EventRow row) => new(row.Id, row.At, row.Kind, row.Severity, row.Node, row.Vm, row.Sentence);

    /// <summary>The id of the newest stored event.</summary>
    public sealed record Newest(long Id);
}
