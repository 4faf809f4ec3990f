using System.Collections.Concurrent;
using System.Runtime.Versioning;
using System.Text.Json;
using Opportunism.Core;
using Opportunism.Core.Guests;
using Opportunism.Hypervisors.Cgroups;

namespace Opportunism.Hypervisors.Qemu;

/// <summary>The guests of this machine: found, added and published, each with one request at a time.</summary>
[SupportedOSPlatform("linux")]
internal sealed class GuestTable(QemuHost host)
{
    private readonly ConcurrentDictionary<GuestId, QemuGuest> guests = new();
    private readonly Lock publishing = new();
    private readonly Lock adding = new();
    private IReadOnlyList<GuestStatus> statuses = [];
    private int inMemory;

    /// <summary>Called from any thread after a guest has changed.</summary>
    public event Action? Changed;

    /// <summary>Every guest.</summary>
    public ICollection<QemuGuest> All => guests.Values;

    /// <summary>The status of every guest, ordered by id.</summary>
    public IReadOnlyList<GuestStatus> Statuses => Volatile.Read(ref statuses);

    /// <summary>Guests that may run.</summary>
    public int InMemory => Volatile.Read(ref inMemory);

    /// <summary>The guest of that id; null where there is none.</summary>
    public QemuGuest? Find(GuestId id) => guests.GetValueOrDefault(id);

    /// <summary>Adds a guest that was found on the disk.</summary>
    public void Add(QemuGuest guest) => guests[guest.Id] = guest;

    /// <summary>Forgets a guest.</summary>
    public void Remove(GuestId id)
    {
        guests.TryRemove(id, out _);
        Publish();
    }

    /// <summary>Whether there is a user left for a guest.</summary>
    public bool HasUserFor(GuestSpec spec) =>
        host.Settings.RunAsRange is not { } range || guests.ContainsKey(spec.Id) || guests.Count <= range.Last - range.First;

    /// <summary>The guest of that id, or a new one.</summary>
    public QemuGuest FindOrAdd(GuestSpec spec, string imagePath)
    {
        // One at a time: two new guests must not get the same user.
        lock (adding)
        {
            if (guests.TryGetValue(spec.Id, out var known)) return known;
            var uid = host.Settings.RunAsRange?.FirstFree(guests.Values.Select(guest => guest.Record.Uid).OfType<uint>().ToHashSet());
            return guests[spec.Id] = NewGuest(GuestRecord.Of(spec, imagePath, uid), spec);
        }
    }

    /// <summary>Memory that all guests except one use or are about to use, in MiB.</summary>
    public long OthersMiB(QemuGuest guest) =>
        Statuses.Where(other => other.TakesMemory && other.Id != guest.Id).Sum(other => (long)other.Spec.MemoryMiB);

    /// <summary>The same by id; rejected if there is no such guest.</summary>
    public Task<GuestAnswer> WithAsync(GuestId id, Func<QemuGuest, Task<GuestAnswer>> act, CancellationToken cancellationToken) =>
        guests.TryGetValue(id, out var guest)
            ? WithAsync(guest, act, cancellationToken)
            : Task.FromResult(new GuestAnswer(GuestOutcome.Refused, $"There is no guest {id} on this node."));

    /// <summary>Carries one request out, one at a time for each guest; an exception of a driver becomes a result.</summary>
    public async Task<GuestAnswer> WithAsync(QemuGuest guest, Func<QemuGuest, Task<GuestAnswer>> act, CancellationToken cancellationToken)
    {
        await guest.Busy.WaitAsync(cancellationToken);
        try
        {
            return await act(guest);
        }
        catch (InvalidDataException exception)
        {
            QemuHypervisorLog.LogFailed(host.Log, guest.Id, exception.Message);
            return new GuestAnswer(GuestOutcome.Refused, exception.Message);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or TimeoutException or JsonException)
        {
            QemuHypervisorLog.LogFailed(host.Log, guest.Id, exception.Message);
            return new GuestAnswer(GuestOutcome.TryLater, exception.Message);
        }
        finally
        {
            guest.Busy.Release();
        }
    }

    private QemuGuest NewGuest(GuestRecord record, GuestSpec spec) =>
        new(record, spec, new GuestFolder(host.Settings.StateFolder, host.Settings.RamFolder, spec.Id), Publish);

    /// <summary>Publishes a consistent state: the list, the number in memory, and the processes that the brake reaches.</summary>
    public void Publish()
    {
        lock (publishing)
        {
            var all = guests.Values.ToArray();
            host.Freezer.Publish([.. all.Select(guest => guest.Process?.Frozen).OfType<FrozenProcess>()]);
            var now = all.Select(guest => guest.Status).OrderBy(status => status.Id.Value, StringComparer.Ordinal).ToArray();
            Volatile.Write(ref inMemory, now.Count(status => status.InMemory));
            Volatile.Write(ref statuses, now);
        }

        Changed?.Invoke();
    }
}
