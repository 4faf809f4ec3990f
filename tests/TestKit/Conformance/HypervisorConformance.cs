using Opportunism.Core;
using Opportunism.Core.Guests;
using Opportunism.Hypervisors;
using Opportunism.TestKit.Guests;
using Xunit;

namespace Opportunism.TestKit.Conformance;

/// <summary>What every hypervisor owes the agent. A driver's test class inherits this and says how one is made.</summary>
/// <remarks>Guests are tick guests: they print "tick N" once a second, counted in their memory, so a lost or repeated second shows.</remarks>
public abstract partial class HypervisorConformance : IAsyncLifetime
{
    private IHypervisor? current;

    protected IHypervisor Hypervisor => current ?? throw new InvalidOperationException("Not set up yet.");

    protected static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    protected TickImage Image { get; private set; } = null!;

    /// <summary>A new hypervisor object over the same machine state, as after a restart of the agent.</summary>
    protected abstract IHypervisor Make();

    /// <summary>The image that guests boot from.</summary>
    protected abstract Task<TickImage> MakeImageAsync();

    /// <summary>Lets time pass for guests: really, or by moving a fake clock.</summary>
    protected abstract Task PassAsync(TimeSpan time);

    /// <summary>Ends everything that a test left behind.</summary>
    protected abstract ValueTask CleanUpAsync();

    /// <summary>Longest time a guest needs until its first tick.</summary>
    protected virtual TimeSpan BootTime => TimeSpan.FromSeconds(40);

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

    /// <summary>The agent dies and a new one takes over.</summary>
    protected async Task RestartAsync()
    {
        await Hypervisor.DisposeAsync();
        current = Make();
        await current.RecoverAsync(Cancelled);
        await current.ProbeAsync(Cancelled);
    }

    protected GuestSpec NewSpec(int memoryMiB = 128) => new(GuestId.New(), "tick", 1, memoryMiB, 32, Image.Sha256, ImageFormat.Qcow2);

    protected GuestStatus StatusOf(GuestSpec spec) => Hypervisor.Guests.Single(guest => guest.Id == spec.Id);

    protected TickConsole ConsoleOf(GuestSpec spec) => new(Hypervisor, spec.Id);

    /// <summary>Boots a guest and waits until it counts.</summary>
    protected async Task<GuestSpec> StartedAsync(GuestSpec? wanted = null)
    {
        var spec = wanted ?? NewSpec();
        AssertDone(await Hypervisor.StartAsync(spec, Image.Path, Cancelled));
        Assert.Equal(GuestPhase.Running, StatusOf(spec).Phase);
        await TickBeyondAsync(spec, 0);
        return spec;
    }

    /// <summary>Boots a guest, waits until it counts, freezes and holds it.</summary>
    protected async Task<GuestSpec> HeldAsync()
    {
        var spec = await StartedAsync();
        Assert.True(Hypervisor.Freezer.FreezeAll());
        AssertDone(await Hypervisor.HoldAllAsync(Cancelled));
        Assert.Equal(GuestPhase.Held, StatusOf(spec).Phase);
        return spec;
    }

    /// <summary>Waits until the guest has printed a higher tick than this.</summary>
    protected async Task TickBeyondAsync(GuestSpec spec, int tick)
    {
        var step = TimeSpan.FromMilliseconds(100);
        for (var waited = TimeSpan.Zero; ConsoleOf(spec).Newest <= tick; waited += step)
        {
            Assert.True(waited < BootTime, $"Guest {spec.Id} ({StatusOf(spec).Phase}, '{StatusOf(spec).Sentence}') has not ticked beyond {tick} within {BootTime}.");
            await PassAsync(step);
        }
    }

    /// <summary>Sees that the guest stands still for a while.</summary>
    protected async Task AssertStandsStillAsync(GuestSpec spec)
    {
        // What it had written before may still be on its way.
        await PassAsync(TimeSpan.FromMilliseconds(200));
        var before = ConsoleOf(spec).Newest;
        var used = Hypervisor.Freezer.GuestCpuNanoseconds();
        await PassAsync(TimeSpan.FromSeconds(2.5));
        Assert.Equal(before, ConsoleOf(spec).Newest);
        Assert.InRange(Hypervisor.Freezer.GuestCpuNanoseconds() - used, 0, 200_000_000);
    }

    protected static void AssertDone(GuestAnswer answer) => Assert.True(answer.IsDone, $"{answer.Outcome}: {answer.Sentence}");
}
