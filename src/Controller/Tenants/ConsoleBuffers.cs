using System.Collections.Concurrent;
using Opportunism.Core;
using Opportunism.Files;
using Opportunism.Server.State;

namespace Opportunism.Controller.Tenants;

/// <summary>The newest console output of each guest, and whether more is wanted. The output survives a restart of the controller, so that
/// readers' offsets stay valid.</summary>
internal sealed class ConsoleBuffers(StateFolder state, TimeProvider time)
{
    /// <summary>How long a node keeps sending after a request. A follower repeats its request well before.</summary>
    public static readonly TimeSpan WantedFor = TimeSpan.FromSeconds(30);

    private readonly string folder = OwnerOnly.MakeFolder(state["consoles"]);
    private readonly ConcurrentDictionary<GuestId, Entry> entries = new();

    /// <summary>Called when a guest's console has become wanted, or no longer is.</summary>
    public event Action<GuestId>? WantedChanged;

    /// <summary>True while the guest's node should send.</summary>
    public bool IsWanted(GuestId guest) => entries.TryGetValue(guest, out var entry) && entry.Wanted;

    /// <summary>Notes that a reader requests the guest's console now.</summary>
    public void Ask(GuestId guest)
    {
        var entry = EntryOf(guest);
        bool changed;
        lock (entry)
        {
            changed = !entry.Wanted;
            entry.Wanted = true;
            entry.Until = time.GetUtcNow() + WantedFor;
        }

        if (changed) WantedChanged?.Invoke(guest);
    }

    /// <summary>Stops nodes from sending output that was not requested recently. Called once a second.</summary>
    public void Expire()
    {
        var now = time.GetUtcNow();
        foreach (var (guest, entry) in entries)
        {
            lock (entry)
            {
                if (!entry.Wanted || now < entry.Until) continue;
                entry.Wanted = false;
            }

            WantedChanged?.Invoke(guest);
        }
    }

    /// <summary>Stores output that a node sent for a guest that started there from <paramref name="disk"/>, and returns the offset to
    /// continue from.</summary>
    /// <exception cref="IOException">There is no space for it on this site's disk.</exception>
    public long Write(GuestId guest, NodeId node, string disk, long offset, ReadOnlySpan<byte> output)
    {
        var entry = EntryOf(guest);
        lock (entry)
        {
            var before = entry.Buffer.End;
            var next = entry.Buffer.Write($"{node}/{disk}", offset, output);
            if (entry.Buffer.End != before) entry.Grown.Set(new());
            return next;
        }
    }

    /// <summary>Output starting at <paramref name="offset"/>; negative for the newest bytes.</summary>
    public (long Offset, byte[] Bytes) Read(GuestId guest, long offset, int atMost)
    {
        var entry = EntryOf(guest);
        lock (entry) return entry.Buffer.Read(offset, atMost);
    }

    /// <summary>Waits until there is more than before the call, or until the time limit.</summary>
    public async Task WaitAsync(GuestId guest, long offset, TimeSpan atMost, CancellationToken cancellationToken)
    {
        var entry = EntryOf(guest);
        object seen;
        lock (entry)
        {
            if (entry.Buffer.End > offset) return;
            seen = entry.Grown.Current;
        }

        using var patience = new CancellationTokenSource(atMost, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            await entry.Grown.NewerThanAsync(seen, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // No output came in time, which is a valid result.
            return;
        }
    }

    /// <summary>Deletes the output of a guest that has ended.</summary>
    public void Forget(GuestId guest)
    {
        if (!entries.TryRemove(guest, out var entry)) entry = new Entry(PathOf(guest));
        lock (entry) entry.Buffer.Delete();
    }

    /// <summary>Deletes the output of all guests that have ended. Called once, at start.</summary>
    public void ForgetAllUnless(IReadOnlySet<string> guests)
    {
        foreach (var stored in Directory.EnumerateDirectories(folder).Where(stored => !guests.Contains(Path.GetFileName(stored))).ToList())
            Directory.Delete(stored, recursive: true);
    }

    private Entry EntryOf(GuestId guest) => entries.GetOrAdd(guest, _ => new Entry(PathOf(guest)));

    private string PathOf(GuestId guest) => Path.Combine(folder, guest.Value);

    private sealed class Entry(string path)
    {
        public ConsoleBuffer Buffer { get; } = new(path);

        public Level<object> Grown { get; } = new(new());

        public bool Wanted { get; set; }

        public DateTimeOffset Until { get; set; }
    }
}
