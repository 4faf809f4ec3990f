using Opportunism.Core;
using Opportunism.Core.Guests;
using Opportunism.Core.Health;
using Opportunism.Hypervisors;

namespace Opportunism.UnitTests.Agent.Availability;

/// <summary>Guests that are whatever a test says; all that the deciding thread asks of them allocates nothing.</summary>
internal sealed class FakeGuests : IMachineGuests, IGuestFreezer
{
    private GuestStatus[] all = [];

    public event Action? GuestsChanged
    {
        add { }
        remove { }
    }

    /// <summary>True from a freeze to the next thaw.</summary>
    public bool Frozen { get; private set; }

    /// <summary>True while guests' processes have the rank of any other program.</summary>
    public bool Prompt { get; private set; }

    public string Name => "imagined";

    public T Match<T>(Func<IHypervisor, T> ownGuests, Func<IForeignGuests, T> foreignGuests) => throw new NotSupportedException();

    public IGuestFreezer Freezer => this;

    public int GuestsInMemory { get; private set; }

    public IReadOnlyList<GuestStatus> Guests => all;

    public HealthItem? Unprotected { get; set; }

    /// <summary>Replaces the guests.</summary>
    public void Set(params GuestStatus[] guests)
    {
        all = guests;
        GuestsInMemory = guests.Count(guest => guest.InMemory);
    }

    public static GuestStatus Guest(int number, GuestPhase phase, int memoryMiB = 1024) =>
        new(
            GuestId.Parse($"{number:x32}"), new(GuestId.Parse($"{number:x32}"), $"guest-{number}", 1, memoryMiB, 1, "", ImageFormat.Raw),
            phase)
        { HasCheckpoint = phase == GuestPhase.Suspended };

    public bool FreezeAll() => Frozen = true;

    public bool ThawAll() => !(Frozen = false);

    public bool SignalAll() => true;

    public bool KillAll() => true;

    public void SetPrompt(bool isPrompt) => Prompt = isPrompt;

    public long GuestCpuNanoseconds() => 1;

    public Task<HypervisorProbe> ProbeAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task RecoverAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<GuestAnswer> HoldAllAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<GuestAnswer> ReleaseAsync(GuestId id, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
