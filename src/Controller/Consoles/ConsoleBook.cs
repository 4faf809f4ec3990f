using System.Collections.Concurrent;
using Opportunism.Core;

namespace Opportunism.Controller.Consoles;

/// <summary>The newest console output of each guest, and who wants more. In memory only: after a restart the nodes send again what they still have.</summary>
internal sealed class ConsoleBook(TimeProvider time)
{
    /// <summary>How long a node goes on sending after somebody asked. A follower asks again well before.</summary>
    public static readonly TimeSpan WantedFor = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<GuestId, Entry> entries = new();

    /// <summary>Called when a guest's console has become wanted, or no longer is.</summary>
    public event Action<GuestId>? WantedChanged;

    /// <summary>True while the guest's node should send.</summary>
    public bool IsWanted(GuestId guest) => entries.TryGetValue(guest, out var entry) && entry.Wanted;

    /// <summary>Somebody looks at the guest's console now.</summary>
    public void Ask(GuestId guest)
    {
        var entry = entries.GetOrAdd(guest, _ => new Entry());
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

    /// <summary>Takes up output that a node sent for a guest that started there from <paramref name="disk"/>, and answers the offset it should go on from.</summary>
    public long Write(GuestId guest, NodeId node, string disk, long offset, ReadOnlySpan<byte> output)
    {
        var entry = entries.GetOrAdd(guest, _ => new Entry());
        lock (entry)
        {
            var before = entry.Tape.End;
            var next = entry.Tape.Write($"{node}/{disk}", offset, output);
            if (entry.Tape.End != before) entry.Grown.Set(new());
            return next;
        }
    }

    /// <summary>Output from <paramref name="offset"/> on; negative for the newest bytes.</summary>
    public (long Offset, byte[] Bytes) Read(GuestId guest, long offset, int atMost)
    {
        var entry = entries.GetOrAdd(guest, _ => new Entry());
        lock (entry) return entry.Tape.Read(offset, atMost);
    }

    /// <summary>Waits until there is more than before the call, or as long as it may.</summary>
    public async Task WaitAsync(GuestId guest, long offset, TimeSpan atMost, CancellationToken cancellationToken)
    {
        var entry = entries.GetOrAdd(guest, _ => new Entry());
        object seen;
        lock (entry)
        {
            if (entry.Tape.End > offset) return;
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
    public void Forget(GuestId guest) => entries.TryRemove(guest, out _);

    private sealed class Entry
    {
        public ConsoleTape Tape { get; } = new();

        public Level<object> Grown { get; } = new(new());

        public bool Wanted { get; set; }

        public DateTimeOffset Until { get; set; }
    }
}
