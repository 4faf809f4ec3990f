using System.Collections.Concurrent;
using Opportunism.Controller.Store;
using Opportunism.Core;
using Opportunism.Files;

namespace Opportunism.Controller.Tenants;

/// <summary>The newest console output of each guest, and who wants more. What was output
/// stays when the controller is started anew, so that readers' offsets go on.</summary>
internal sealed class ConsoleBuffers(StateFolder state, TimeProvider time)
{
    /// <summary>How long a node goes on sending after somebody asked. A follower asks again well before.</summary>
    public static readonly TimeSpan WantedFor = TimeSpan.FromSeconds(30);

    private readonly string folder = OwnerOnly.MakeFolder(state["consoles"]);
    private readonly ConcurrentDictionary<GuestId, Entry> entries = new();

    /// <summary>Called when a guest's console has become wanted, or no longer is.</summary>
    public event Action<GuestId>? WantedChanged;

    /// <summary>True while the guest's node should send.</summary>
    public bool IsWanted(GuestId guest) => entries.TryGetValue(guest, out var entry) && entry.Wanted;

    /// <summary>Somebody looks at the guest's console now.</summary>
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

    /// <summary>Stops nodes sending what nobody has asked for lately. Called once a second.</summary>
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

    /// <summary>Takes up output that a node sent for a guest that started there from
    /// <paramref name="disk"/>, and answers the offset it should go on from.</summary>
    /// <exception cref="IOException">There is no room for it on this site's disk.</exception>
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

    /// <summary>Output from <paramref name="offset"/> on; negative for the newest bytes.</summary>
    public (long Offset, byte[] Bytes) Read(GuestId guest, long offset, int atMost)
    {
        var entry = EntryOf(guest);
        lock (entry) return entry.Buffer.Read(offset, atMost);
    }

    /// <summary>Waits until there is more than before the call, or as long as it may.</summary>
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
            // Nothing came in time, which is an answer too.
            return;
        }
    }

    /// <summary>Forgets a guest that has ended.</summary>
    public void Forget(GuestId guest)
    {
        if (!entries.TryRemove(guest, out var entry)) entry = new Entry(PathOf(guest));
        lock (entry) entry.Buffer.Delete();
    }

    /// <summary>Deletes what is stored of guests that have ended. Called once, at start.</summary>
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
