using Opportunism.Core;
using Opportunism.Core.Guests;
using Opportunism.Hypervisors;
using Opportunism.TestKit.Guests;
using Xunit;

namespace Opportunism.TestKit.Conformance;

/// <summary>The contract that every hypervisor must keep with the agent. A driver's test class inherits it and implements how to create
/// one.</summary>
/// <remarks>Guests are tick guests: they print "tick N" once a second, counted in their memory, so a lost or repeated second is
/// found.</remarks>
public abstract partial class HypervisorConformance : GuestsConformance, IAsyncLifetime
{
    private IHypervisor? current;

    protected IHypervisor Hypervisor => current ?? throw new InvalidOperationException("Not set up yet.");

    protected override IMachineGuests Guests => Hypervisor;

    protected TickImage Image { get; private set; } = null!;

    /// <summary>A new hypervisor object for the same state of the machine, as after a restart of the agent.</summary>
    protected abstract IHypervisor Make();

    /// <summary>The image that guests boot from.</summary>
    protected abstract Task<TickImage> MakeImageAsync();

    /// <summary>Ends everything that a test left running.</summary>
    protected abstract ValueTask CleanUpAsync();

    public async ValueTask InitializeAsync()
    {
        Image = await MakeImageAsync();
        current = Make();
        await current.RecoverAsync(Cancelled);
        var probe = await current.ProbeAsync(Cancelled);
        Assert.True(probe.Accelerator.Length > 0, "No guest can be run: " + string.Join(" ", probe.Health.Select(item => item.Sentence)));
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        try
        {
            if (current is not null) await current.DisposeAsync();
        }
        finally
        {
            await CleanUpAsync();
        }
    }

    [Fact]
    public void The_agent_starts_its_guests_itself() => Assert.Same(Hypervisor, Guests.Match<IMachineGuests?>(own => own, _ => null));

    protected override async Task RestartAsync()
    {
        await Hypervisor.DisposeAsync();
        current = Make();
        await current.RecoverAsync(Cancelled);
        await current.ProbeAsync(Cancelled);
    }

    protected GuestSpec NewSpec(int memoryMiB = 128) => new(GuestId.New(), "tick", 1, memoryMiB, 32, Image.Sha256, ImageFormat.Qcow2);

    protected GuestStatus StatusOf(GuestSpec spec) => Hypervisor.Guests.Single(guest => guest.Id == spec.Id);

    protected override TickConsole ConsoleOf(GuestId guest) => new(Hypervisor, guest);

    protected TickConsole ConsoleOf(GuestSpec spec) => ConsoleOf(spec.Id);

    protected override async Task<GuestId> StartedGuestAsync() => (await StartedAsync()).Id;

    /// <summary>Boots a guest and waits until it counts in this boot.</summary>
    protected async Task<GuestSpec> StartedAsync(GuestSpec? wanted = null)
    {
        var spec = wanted ?? NewSpec();
        var boots = ConsoleOf(spec).Boots;
        AssertDone(await Hypervisor.StartAsync(spec, Image.Path, Cancelled));
        Assert.Equal(GuestPhase.Running, StatusOf(spec).Phase);
        await UntilAsync(spec.Id, () => ConsoleOf(spec) is { Newest: > 0 } console && console.Boots > boots, "counted in this boot");
        return spec;
    }

    /// <summary>Boots a guest, waits until it counts, freezes and holds it.</summary>
    protected async Task<GuestSpec> HeldAsync()
    {
        var spec = await StartedAsync();
        Assert.True(Hypervisor.Freezer.FreezeAll());
        await HoldAllAsync();
        Assert.Equal(GuestPhase.Held, StatusOf(spec).Phase);
        return spec;
    }

    protected Task TickBeyondAsync(GuestSpec spec, int tick) => TickBeyondAsync(spec.Id, tick);

    protected Task AssertStandsStillAsync(GuestSpec spec) => AssertStandsStillAsync(spec.Id);
}
