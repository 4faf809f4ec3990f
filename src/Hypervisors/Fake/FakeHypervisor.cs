using Opportunism.Core;
using Opportunism.Core.Guests;

namespace Opportunism.Hypervisors.Fake;

/// <summary>Simulates guests: for tests, and for trying a site on a machine that cannot run guests. Can be made slow, failing or
/// lying.</summary>
public sealed class FakeHypervisor : IHypervisor, IForeignGuests
{
    private const long MiB = 1024 * 1024;
    private const string Overtaken = "Cancelled: the owner is back; the guest stays held.";
    private static readonly GuestAnswer Done = new(GuestOutcome.Done);
    private static readonly GuestAnswer AlreadySo = new(GuestOutcome.AlreadySo);
    private readonly FakeMachine machine;
    private readonly TimeProvider time;
    private IReadOnlySet<GuestId> paused = new HashSet<GuestId>();

    /// <summary>On a machine of its own.</summary>
    public FakeHypervisor(TimeProvider time)
        : this(new FakeMachine(time), time)
    {
    }

    /// <summary>On a machine on which an earlier one may have left guests.</summary>
    public FakeHypervisor(FakeMachine machine, TimeProvider time)
    {
        this.machine = machine;
        this.time = time;
        machine.Changed = () => GuestsChanged?.Invoke();
    }

    /// <inheritdoc/>
    public event Action? GuestsChanged;

    /// <inheritdoc/>
    public string Name => "fake";

    /// <inheritdoc/>
    public T Match<T>(Func<IHypervisor, T> ownGuests, Func<IForeignGuests, T> foreignGuests)
    {
        ArgumentNullException.ThrowIfNull(ownGuests);
        return ownGuests(this);
    }

    /// <inheritdoc/>
    public IGuestFreezer Freezer => machine;

    /// <inheritdoc/>
    public int GuestsInMemory => Guests.Count(guest => guest.InMemory);

    /// <inheritdoc/>
    public int PausedGuests => Guests.Count(guest => guest.Phase == GuestPhase.Held && paused.Contains(guest.Id));

    /// <inheritdoc/>
    public IReadOnlyList<GuestStatus> Guests
    {
        get
        {
            lock (machine.Gate) return [.. machine.Guests.Values.Select(guest => guest.Status)];
        }
    }

    /// <inheritdoc/>
    public Task<HypervisorProbe> ProbeAsync(CancellationToken cancellationToken) => Task.FromResult(new HypervisorProbe("fake", "1", []));

    /// <inheritdoc/>
    public Task RecoverAsync(CancellationToken cancellationToken)
    {
        machine.FreezeAll();
        lock (machine.Gate)
        {
            foreach (var guest in machine.Guests.Values) guest.Status = guest.Status with { IsLoaded = false };
            foreach (var guest in machine.Guests.Values.Where(guest => guest.Status.InMemory))
                guest.Status = guest.Status with { Phase = GuestPhase.Held };
        }

        machine.ThawAll();
        GuestsChanged?.Invoke();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<GuestAnswer> StartAsync(GuestSpec spec, string imagePath, CancellationToken cancellationToken)
    {
        if (spec.Problems().FirstOrDefault() is { } problem) return new GuestAnswer(GuestOutcome.Refused, problem);
        var holds = HoldsNow();
        lock (machine.Gate)
        {
            if (!machine.Guests.TryGetValue(spec.Id, out var guest)) machine.Guests[spec.Id] = guest = new FakeGuest(spec);
            if (!guest.HasDisk && !File.Exists(imagePath))
            {
                guest.Status = guest.Status with { Phase = GuestPhase.Failed, Sentence = $"{imagePath} is not there." };
                return new GuestAnswer(GuestOutcome.Refused, guest.Status.Sentence);
            }
        }

        return await DoAsync(new Request("Start", spec.Id, cancellationToken), guest =>
        {
            if (guest.Status.Phase == GuestPhase.Running) return AlreadySo;
            if (guest.Status.Phase is GuestPhase.Held or GuestPhase.Suspended) return Refused(guest, "release, resume or stop it");
            if (machine.Holds != holds) return new GuestAnswer(GuestOutcome.TryLater, Overtaken);
            guest.HasDisk = true;
            guest.Boot();
            guest.Status = guest.Status with { Phase = GuestPhase.Running, Sentence = "", ShutItselfDown = false };
            return Done;
        });
    }

    /// <inheritdoc/>
    public Task<GuestAnswer> AdoptDiskAsync(GuestSpec spec, string imagePath, string diskPath, CancellationToken cancellationToken)
    {
        if (!File.Exists(diskPath)) return Task.FromResult(new GuestAnswer(GuestOutcome.Refused, $"{diskPath} is not there."));
        lock (machine.Gate) machine.Guests.TryAdd(spec.Id, new FakeGuest(spec));
        return DoAsync(new Request("AdoptDisk", spec.Id, cancellationToken), guest =>
        {
            if (guest.HasDisk) return Refused(guest, "it has a disk already");
            File.Delete(diskPath);
            guest.HasDisk = true;
            return Done;
        });
    }

    /// <inheritdoc/>
    public Task<GuestAnswer> HoldAllAsync(CancellationToken cancellationToken)
    {
        lock (machine.Gate)
        {
            machine.Holds++;
            if (machine.Faults.HoldFails)
                return Task.FromResult(
                    new GuestAnswer(GuestOutcome.TryLater, "The guests could not be held and stay frozen by the kernel."));
            machine.PassLocked();
            foreach (var guest in machine.Guests.Values.Where(guest => guest.Status is { Phase: GuestPhase.Running, Leaving: false }))
            {
                guest.Status = guest.Status with { Phase = GuestPhase.Held, LastHold = TimeSpan.FromMilliseconds(1) };
            }
        }

        machine.ThawAll();
        GuestsChanged?.Invoke();
        return Task.FromResult(Done);
    }

    /// <inheritdoc/>
    public async Task<GuestAnswer> CheckpointAsync(GuestId id, long? bytesPerSecond, CancellationToken cancellationToken)
    {
        var memory = Guests.FirstOrDefault(guest => guest.Id == id)?.Spec.MemoryMiB * MiB ?? 0;
        var copy = bytesPerSecond is { } pace ? TimeSpan.FromSeconds((double)memory / pace) : TimeSpan.Zero;
        return await DoAsync(new Request("Checkpoint", id, cancellationToken) { Takes = copy }, guest =>
        {
            if (guest.Status.HasCheckpoint) return AlreadySo;
            if (guest.Status.Phase != GuestPhase.Held) return Refused(guest, "only a held guest can be saved");
            guest.Status = guest.Status with { HasCheckpoint = true, CheckpointMiB = guest.Status.Spec.MemoryMiB };
            return Done;
        });
    }

    /// <inheritdoc/>
    public Task<GuestAnswer> ReleaseAsync(GuestId id, CancellationToken cancellationToken) =>
        ContinueAsync("Release", GuestPhase.Held, id, cancellationToken);

    /// <inheritdoc/>
    public void LeavePaused(IReadOnlySet<GuestId> paused)
    {
        if (this.paused.SetEquals(paused)) return;
        this.paused = paused;
        GuestsChanged?.Invoke();
    }

    /// <inheritdoc/>
    public Task<GuestAnswer> LetLeaveAsync(GuestId id, TimeSpan within, CancellationToken cancellationToken) =>
        DoAsync(new Request("LetLeave", id, cancellationToken), guest =>
    {
        if (guest.Status.Phase != GuestPhase.Held) return Refused(guest, "only a held guest can be released");
        guest.Status = guest.Status with { Phase = GuestPhase.Running, Leaving = true };

        // When its time is over it runs although no guest may: the listener must be notified.
        guest.LeaveEnds?.Dispose();
        guest.LeaveEnds = time.CreateTimer(_ => EndLeave(id), null, within, Timeout.InfiniteTimeSpan);
        return Done;
    });

    /// <inheritdoc/>
    public Task<GuestAnswer> SuspendAsync(GuestId id, CancellationToken cancellationToken) =>
        DoAsync(new Request("Suspend", id, cancellationToken), guest =>
    {
        guest.Status = guest.Status with { IsLoaded = false };
        if (guest.Status.Phase == GuestPhase.Suspended) return AlreadySo;
        if (guest.Status.Phase != GuestPhase.Held) return Refused(guest, "only a held guest can be suspended");
        var memory = guest.Status.Spec.MemoryMiB;
        guest.Status = guest.Status with
        {
            Phase = GuestPhase.Suspended,
            WaitsForRoom = false,
            HasCheckpoint = true,
            CheckpointMiB = memory,
            LastMemoryReturn = TimeSpan.FromMilliseconds(1),
            LastMemoryReturnMiB = memory,
        };
        return Done;
    });

    /// <inheritdoc/>
    public Task<GuestAnswer> LoadAsync(GuestId id, CancellationToken cancellationToken) =>
        DoAsync(new Request("Load", id, cancellationToken), guest =>
        {
            if (guest.Status.IsLoaded) return AlreadySo;
            if (guest.Status.Phase != GuestPhase.Suspended) return Refused(guest, "only a suspended guest can be loaded");
            guest.Status = guest.Status with { IsLoaded = true };
            return Done;
        });

    /// <inheritdoc/>
    public Task<GuestAnswer> UnloadAsync(GuestId id, CancellationToken cancellationToken) =>
        DoAsync(new Request("Unload", id, cancellationToken), guest =>
        {
            if (!guest.Status.IsLoaded) return AlreadySo;
            guest.Status = guest.Status with { IsLoaded = false };
            return Done;
        });

    /// <inheritdoc/>
    public Task<GuestAnswer> ResumeAsync(GuestId id, CancellationToken cancellationToken) =>
        ContinueAsync("Resume", GuestPhase.Suspended, id, cancellationToken);

    /// <inheritdoc/>
    public Task<GuestAnswer> StopAsync(GuestId id, TimeSpan patience, CancellationToken cancellationToken) =>
        DoAsync(new Request("Stop", id, cancellationToken), guest =>
    {
        if (guest.Status.Phase == GuestPhase.Stopped) return AlreadySo;
        guest.Status = guest.Status with
        {
            Phase = GuestPhase.Stopped,
            Sentence = "",
            WaitsForRoom = false,
            HasCheckpoint = false,
            CheckpointMiB = 0,
            IsLoaded = false,
        };
        return Done;
    });

    /// <inheritdoc/>
    public Task<GuestAnswer> HoldForRoomAsync(GuestId id, CancellationToken cancellationToken) =>
        DoAsync(new Request("HoldForRoom", id, cancellationToken), guest =>
    {
        if (guest.Status.Phase == GuestPhase.Held) return AlreadySo;
        if (guest.Status.Phase != GuestPhase.Running) return Refused(guest, "only a running guest can be held");
        guest.Status = guest.Status with { Phase = GuestPhase.Held, WaitsForRoom = true };
        return Done;
    });

    /// <inheritdoc/>
    public long DiskBytes(GuestId id)
    {
        lock (machine.Gate) return machine.Guests.TryGetValue(id, out var guest) ? guest.DiskBytes : 0;
    }

    /// <inheritdoc/>
    public Task<GuestAnswer> ExportDiskAsync(GuestId id, string toPath, long? bytesPerSecond, CancellationToken cancellationToken) =>
        DoAsync(new Request("ExportDisk", id, cancellationToken), guest =>
    {
        if (guest.Status.InMemory || !guest.HasDisk) return Refused(guest, "it is in memory or has no disk");
        guest.Status = guest.Status with { IsLoaded = false };
        File.WriteAllText(toPath, $"disk of {id}");
        return Done;
    });

    /// <inheritdoc/>
    public Task<GuestAnswer> DeleteAsync(GuestId id, CancellationToken cancellationToken) =>
        Guests.All(guest => guest.Id != id) ? Task.FromResult(AlreadySo) : DoAsync(new Request("Delete", id, cancellationToken), _ =>
        {
            machine.RemoveLocked(id);
            return Done;
        });

    /// <inheritdoc/>
    public ConsoleSlice ReadConsole(GuestId id, long offset, int atMost)
    {
        lock (machine.Gate)
        {
            machine.PassLocked();
            var text = machine.Guests.TryGetValue(id, out var guest) ? guest.Console() : [];
            var from = (int)Math.Clamp(offset, 0, text.Length);
            return new ConsoleSlice(from, text.AsMemory(from, Math.Min(Math.Max(atMost, 0), text.Length - from)));
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void EndLeave(GuestId id)
    {
        lock (machine.Gate)
        {
            if (machine.Guests.TryGetValue(id, out var guest)) guest.Status = guest.Status with { Leaving = false };
        }

        GuestsChanged?.Invoke();
    }

    private static GuestAnswer Refused(FakeGuest guest, string why) =>
        new(GuestOutcome.Refused, $"Guest {guest.Status.Id} is {guest.Status.Phase}: {why}.");

    private long HoldsNow()
    {
        lock (machine.Gate) return machine.Holds;
    }

    private Task<GuestAnswer> ContinueAsync(string request, GuestPhase from, GuestId id, CancellationToken cancellationToken)
    {
        var holds = HoldsNow();
        return DoAsync(new Request(request, id, cancellationToken), guest =>
        {
            if (guest.Status.Phase == GuestPhase.Running) return AlreadySo;
            if (guest.Status.Phase != from) return Refused(guest, $"only a {from} guest can be released or resumed");
            if (machine.Holds != holds) return new GuestAnswer(GuestOutcome.TryLater, Overtaken);
            guest.Status = guest.Status with
            {
                Phase = GuestPhase.Running,
                Sentence = "",
                WaitsForRoom = false,
                HasCheckpoint = false,
                CheckpointMiB = 0,
                IsLoaded = false,
                LastResume = from == GuestPhase.Suspended ? TimeSpan.FromMilliseconds(1) : guest.Status.LastResume,
                LastRelease = from == GuestPhase.Held ? TimeSpan.FromMilliseconds(1) : guest.Status.LastRelease,
            };
            return Done;
        });
    }

    private async Task<GuestAnswer> DoAsync(Request request, Func<FakeGuest, GuestAnswer> act)
    {
        request.Cancelled.ThrowIfCancellationRequested();
        var delay = machine.Faults.Delay + request.Takes;
        if (delay > TimeSpan.Zero) await Task.Delay(delay, time, request.Cancelled);
        if (machine.Faults.Refuse?.Invoke(request.Name, request.Guest) is { } refused) return refused;
        GuestAnswer answer;
        lock (machine.Gate)
        {
            machine.PassLocked();
            if (!machine.Guests.TryGetValue(request.Guest, out var guest))
                return new GuestAnswer(GuestOutcome.Refused, $"There is no guest {request.Guest} on this node.");
            answer = act(guest);
        }

        GuestsChanged?.Invoke();
        return answer;
    }

    private readonly record struct Request(string Name, GuestId Guest, CancellationToken Cancelled)
    {
        public TimeSpan Takes { get; init; }
    }
}
