using System.Runtime.Versioning;
using Opportunism.Core;
using Opportunism.TestKit.Libvirt;
using Opportunism.TestKit.Sites;
using Xunit;

namespace Opportunism.SystemTests.Days;

/// <summary>A day of a desktop whose guests somebody else starts through
/// libvirt: the agent as it is shipped, an X display, a real libvirtd.</summary>
[Collection(WholeMachine.Name)]
[SupportedOSPlatform("linux")]
public sealed class LibvirtDayTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private readonly LibvirtSite site = new();
    private readonly string folder = Directory.CreateTempSubdirectory("opp-lvd-").FullName;
    private RealDesktop desktop = null!;

    public async ValueTask InitializeAsync()
    {
        await site.StartAsync();
        // There is no controller to be reached: everything below happens without one.
        var settings = $"""
            Hypervisor = libvirt
            LibvirtUri = {site.Daemon.Uri}
            LibvirtFolder = {site.Daemon.RunFolder}
            """;
        desktop = await RealDesktop.MakeAsync(
            "desk", Path.GetFileName(folder), folder, RealSite.AgentProgram, new Uri("https://127.0.0.1:1"), "none", settings);
        desktop.StartAgent();
    }

    public async ValueTask DisposeAsync()
    {
        await desktop.DisposeAsync();
        await site.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_domain_runs_while_the_owner_is_away_and_is_held_while_the_owner_is_there_also_by_the_next_agent()
    {
        await UntilAsync("the node is available", async () => (await desktop.StatusAsync()).State == "Available");
        var id = await site.StartDomainAsync();
        await UntilAsync("the domain ticks", () => Task.FromResult(site.ConsoleOf(id).Newest > 0));
        await UntilPhaseAsync(id, "Running");
        await using (desktop.OwnerStays())
        {
            await UntilPhaseAsync(id, "Held");
            Assert.Equal("paused", await site.MustAsync("domstate", LibvirtSite.UuidOf(id)));
            var before = site.ConsoleOf(id).Newest;
            desktop.Agent.Kill();
            desktop.StartAgent();
            await UntilPhaseAsync(id, "Held");
            // EvictAfter passes, and nobody evicts it: it is still there, held.
            await UntilAsync("the node is evicting", async () => (await desktop.StatusAsync()).State == "Evicting");
            await UntilPhaseAsync(id, "Held");
            Assert.InRange(site.ConsoleOf(id).Newest, before, before + 1);
            // Somebody evicts it, as Nova does.
            await site.MustAsync("managedsave", LibvirtSite.UuidOf(id));
            await UntilAsync(
                "the node is the owner's alone", async () => (await desktop.StatusAsync()) is { State: "InUse", Guests.Count: 0 });
        }

        var last = site.ConsoleOf(id).Newest;
        await UntilAsync("the node is available again", async () => (await desktop.StatusAsync()).State == "Available");
        await site.MustAsync("start", LibvirtSite.UuidOf(id));
        await UntilAsync("the domain goes on", () => Task.FromResult(site.ConsoleOf(id).Newest > last + 1));
    }

    private Task UntilPhaseAsync(GuestId id, string phase) =>
        UntilAsync(
            $"guest {id} is {phase}",
            async () => (await desktop.StatusAsync()).Guests.Any(guest => guest.Id == id.Value && guest.Phase == phase));

    private async Task UntilAsync(string what, Func<Task<bool>> holds)
    {
        for (var began = TimeProvider.System.GetTimestamp(); ;)
        {
            try
            {
                if (await holds()) return;
            }
            catch (Exception exception) when (exception is IOException or OperationCanceledException)
            {
                // The agent is only just starting.
            }

            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, $"It never came about that {what}.\n{desktop.Agent.Tail()}");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }
    }
}
