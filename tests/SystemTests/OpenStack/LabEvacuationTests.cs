using System.Runtime.Versioning;
using Microsoft.Extensions.DependencyInjection;
using Opportunism.Clouds;
using Opportunism.Clouds.OpenStack;
using Opportunism.Core;
using Opportunism.Core.Fleet;
using Opportunism.Workshop.Lab;
using Xunit;

namespace Opportunism.SystemTests.OpenStack;

/// <summary>A desktop that is switched off with a server on it, where the operator wants
/// servers built anew elsewhere: a real Nova, hosts whose guests are imagined.</summary>
[Collection(SharedLab.Name)]
[SupportedOSPlatform("linux")]
public sealed class LabEvacuationTests(SharedLab shared)
{
    private const string Lost = "desktop-03", Refuge = "desktop-04";

    private static readonly HostTarget Open = new(true, false, ""), Closed = new(false, false, "a test begins"),
    Gone = new(false, false, "nothing has been heard from the node", Lost: true);

    // Nova believes in a host for a minute after its last word; a bit more for the building.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    [LabFact]
    public async Task A_lost_hosts_server_is_built_anew_on_another_and_the_host_is_taken_back()
    {
        using var tenant = await shared.Lab.LogInAsync("tenant", "tenant");
        using var admin = await shared.Lab.LogInAsync("admin", "admin");
        await using var parts =
            shared.Lab.ComposeDriver(options => (options.WhenLost, options.EvacuateAfter) = ("evacuate", TimeSpan.Zero));
        var cloud = parts.GetRequiredService<OpenStackCloud>();
        NodeAgreement On(string host) =>
            new(NodeId.Parse(host), cloud, TimeProvider.System, TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(5));
        var (lost, refuge) = (On(Lost), On(Refuge));
        await UntilAsync(refuge, Closed, "it is closed");
        var server = "";
        try
        {
            server = await RealLab.AskForAsync(tenant, "left behind", "fake", []);
            await RealLab.UntilStatusAsync(tenant, server, "ACTIVE");
            Assert.Equal(Lost, await HostOfAsync());
            await UntilAsync(refuge, Open, "it is open");
            await shared.Lab.StopAsync($"{Lost}.nova-compute");
            try
            {
                await UntilAsync(lost, Gone, $"the server is on {Refuge}", async () => await HostOfAsync() == Refuge);
                await RealLab.UntilStatusAsync(tenant, server, "ACTIVE");
                Assert.True(await IsForcedDownAsync());
            }
            finally
            {
                // The lab is up only when Nova hears from every host, and from this one it wants to hear nothing.
                await shared.Lab.UpAsync(
                    SharedLab.Hosts, () => UntilAsync(lost, Open, "Nova has it back", async () => !await IsForcedDownAsync()));
            }

            Assert.Equal(Refuge, await HostOfAsync());
        }
        finally
        {
            if (server.Length > 0) await RealLab.DeleteAsync(tenant, server);
            await UntilAsync(refuge, Open, "it is open");
        }

        async Task<string?> HostOfAsync() =>
            (string?)(await LabServers.FindAsync(admin, server, CancellationToken.None))!["OS-EXT-SRV-ATTR:host"];

        async Task<bool> IsForcedDownAsync() =>
            (bool)(await LabHosts.OneAsync(admin, Lost, CancellationToken.None))["forced_down"]!;
    }

    /// <summary>Takes step after step until node and cloud agree and something is so.</summary>
    private static async Task UntilAsync(NodeAgreement agreement, HostTarget target, string what, Func<Task<bool>>? reached = null)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var step = await agreement.StepAsync(target, CancellationToken.None);
            if (step.Hindrances.Count == 0 && (reached is null || await reached())) return;
            if (TimeProvider.System.GetElapsedTime(began) > Patience)
                throw new TimeoutException($"It was not seen within {Patience} that {what}; last: {step.Sentence}");
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
        }
    }
}
