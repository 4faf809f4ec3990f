using System.Runtime.Versioning;
using Opportunism.Core;
using Opportunism.Hypervisors;
using Opportunism.Hypervisors.Libvirt;
using Opportunism.TestKit.Libvirt;
using Xunit;

namespace Opportunism.SystemTests.Hypervisors;

/// <summary>A real libvirt with tick guests and what the agent has of it, for one test.</summary>
[SupportedOSPlatform("linux")]
public abstract class LibvirtRun : IAsyncLifetime
{
    // Boot and ticks on a machine as loaded as a CI's.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private LibvirtGuests? current;

    protected static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    protected LibvirtSite Site { get; } = new();

    protected LibvirtGuests Guests => current ?? throw new InvalidOperationException("Not set up yet.");

    public async ValueTask InitializeAsync()
    {
        await Site.StartAsync();
        current = Site.Make();
        await Guests.RecoverAsync(Cancelled);
        Guests.Freezer.ThawAll();
        await ConnectedAsync();
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (current is not null) await current.DisposeAsync();
        await Site.DisposeAsync();
    }

    /// <summary>The agent dies and a new one takes over.</summary>
    protected async Task RestartAgentAsync()
    {
        await Guests.DisposeAsync();
        current = Site.Make();
        await Guests.RecoverAsync(Cancelled);
        await ConnectedAsync();
    }

    /// <summary>A domain that counts.</summary>
    protected async Task<GuestId> TickingAsync()
    {
        var id = await Site.StartDomainAsync();
        await TicksBeyondAsync(id, 0);
        return id;
    }

    /// <summary>Freezes and holds all, as the agent does.</summary>
    protected async Task FreezeAndHoldAsync()
    {
        Assert.True(Guests.Freezer.FreezeAll());
        await HoldAllAsync();
    }

    /// <summary>As the agent does it: again until all are held; who is not stands still by the kernel.</summary>
    protected Task HoldAllAsync() => UntilAsync("all are held", async () => (await Guests.HoldAllAsync(Cancelled)).IsDone);

    /// <summary>The end of a start while nothing may run. As the agent does it: held again and again,
    /// since a QEMU that is frozen before its start has ended answers libvirt only then.</summary>
    protected async Task<GuestId> StartedStillAsync(Task<GuestId> starting)
    {
        await UntilAsync("its start has ended", async () => (await Guests.HoldAllAsync(Cancelled)).IsDone && starting.IsCompleted);
        return await starting;
    }

    /// <summary>The owner is away: thaw, then let everyone go on that may.</summary>
    protected async Task ThawAndReleaseAsync()
    {
        Assert.True(Guests.Freezer.ThawAll());
        foreach (var guest in Guests.Guests.Where(guest => !guest.PausedByOthers))
            AssertDone(await Guests.ReleaseAsync(guest.Id, Cancelled));
    }

    protected Task ConnectedAsync() =>
        UntilAsync("libvirt is connected", () => Guests.Health.All(item => item.Code != "guests.libvirt.unreachable"));

    protected GuestStatus StatusOf(GuestId id) => Guests.Guests.Single(guest => guest.Id == id);

    protected Task TicksBeyondAsync(GuestId id, int tick) =>
        UntilAsync($"guest {id} ticks beyond {tick}", () => Site.ConsoleOf(id).Newest > tick);

    protected async Task StandsStillAsync(GuestId id)
    {
        // What it had written before may still be on its way.
        await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        var (tick, used) = (Site.ConsoleOf(id).Newest, Guests.Freezer.GuestCpuNanoseconds());
        await Task.Delay(TimeSpan.FromSeconds(2.5), TimeProvider.System);
        Assert.Equal(tick, Site.ConsoleOf(id).Newest);
        Assert.InRange(Guests.Freezer.GuestCpuNanoseconds() - used, 0, 200_000_000);
    }

    protected static Task UntilAsync(string what, Func<bool> holds) => UntilAsync(what, () => Task.FromResult(holds()));

    protected static async Task UntilAsync(string what, Func<Task<bool>> holds)
    {
        for (var began = TimeProvider.System.GetTimestamp(); !await holds();)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, $"It never came about that {what}.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    protected static void AssertDone(GuestAnswer answer) => Assert.True(answer.IsDone, $"{answer.Outcome}: {answer.Sentence}");
}
