using System.Runtime.Versioning;
using Opportunism.Core;
using Opportunism.Hypervisors;
using Opportunism.Hypervisors.Libvirt;
using Opportunism.TestKit.Conformance;
using Opportunism.TestKit.Guests;
using Opportunism.TestKit.Libvirt;
using Xunit;

namespace Opportunism.SystemTests.Hypervisors;

/// <summary>The part of the conformance suite that fits guests whom libvirt starts, on a real libvirtd.</summary>
[SupportedOSPlatform("linux")]
public sealed class LibvirtConformanceTests : GuestsConformance, IAsyncLifetime
{
    private readonly LibvirtSite site = new();
    private LibvirtGuests current = null!;

    protected override IMachineGuests Guests => current;

    public async ValueTask InitializeAsync()
    {
        await site.StartAsync();
        await BeginAsync();
        current.Freezer.ThawAll();
    }

    public async ValueTask DisposeAsync()
    {
        await current.DisposeAsync();
        await site.DisposeAsync();
    }

    [Fact]
    public void Another_program_starts_its_guests() => Assert.Same(current, Guests.Match<IMachineGuests?>(_ => null, foreign => foreign));

    protected override async Task<GuestId> StartedGuestAsync()
    {
        var guest = await site.StartDomainAsync();
        await TickBeyondAsync(guest, 0);
        return guest;
    }

    protected override TickConsole ConsoleOf(GuestId guest) => site.ConsoleOf(guest);

    protected override Task PassAsync(TimeSpan time) => Task.Delay(time, TimeProvider.System, Cancelled);

    protected override async Task RestartAsync()
    {
        await current.DisposeAsync();
        await BeginAsync();
    }

    private async Task BeginAsync()
    {
        current = site.Make();
        await current.RecoverAsync(Cancelled);
        while (current.Health.Any(item => item.Code == "guests.libvirt.unreachable")) await PassAsync(TimeSpan.FromMilliseconds(20));
    }
}
