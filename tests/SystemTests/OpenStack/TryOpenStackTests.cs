using System.Runtime.Versioning;
using System.Text.Json;
using Opportunism.Workshop.Lab;
using Opportunism.Workshop.Site;
using Opportunism.Workshop.Try;
using Spectre.Console;
using Xunit;

namespace Opportunism.SystemTests.OpenStack;

/// <summary>The day of <c>opportunism try --cloud openstack</c>, on the lab that is up for these tests instead of one of its own.</summary>
[Collection(SharedLab.Name)]
[SupportedOSPlatform("linux")]
[Trait("Suite", "Long")]
public sealed class TryOpenStackTests(SharedLab shared)
{
    private const string Host = "desktop-01";

    private static readonly string[] Figures =
    [
        "freeze_ms", "leaked_cpu_ms", "thaw_ms", "hold_ms", "memory_returned_mib", "memory_returned_ms", "resume_ms", "ticks_before",
        "ticks_after",
    ];

    [LabFact]
    public async Task Every_step_of_the_day_is_seen_and_every_figure_is_measured()
    {
        var lab = shared.Lab;
        using var admin = await lab.LogInAsync("admin", "admin");
        using var tenant = await lab.LogInAsync("tenant", "tenant");
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(5), TimeProvider.System);
        var (output, steps) = (new StringWriter(), new StringWriter());
        var console =
            AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(steps), Interactive = InteractionSupport.No });
        try
        {
            // Only one of the hosts has an owner today.
            foreach (var other in await LabHosts.AllAsync(admin, CancellationToken.None))
                await LabHosts.SetEnabledAsync(admin, other, (string?)other["host"] == Host, CancellationToken.None);

            var exit = await new TryRun(console, TimeProvider.System)
                .RunAsync((_, name, _) => new StandingStage(lab, name), json: true, "virtual", keep: false, output, limit.Token);

            Assert.True(exit == 0, $"{steps}\n{output}");
            var result = JsonDocument.Parse(output.ToString()).RootElement;
            Assert.True(result.GetProperty("ok").GetBoolean());
            Assert.All(Figures, figure => Assert.Equal(JsonValueKind.Number, result.GetProperty(figure).ValueKind));
            Assert.Equal(0, result.GetProperty("guests_left").GetInt32());
            Assert.Equal(result.GetProperty("ticks_before").GetInt32() + 1, result.GetProperty("ticks_after").GetInt32());
        }
        finally
        {
            foreach (var server in (await tenant.GetAsync(new(tenant.Nova, "servers"), CancellationToken.None))["servers"]!.AsArray())
                await RealLab.DeleteAsync(tenant, (string)server!["id"]!);
            foreach (var service in await LabHosts.AllAsync(admin, CancellationToken.None))
                await LabHosts.SetEnabledAsync(admin, service, enabled: true, CancellationToken.None);
        }
    }

    /// <summary>A lab that is up already and stays.</summary>
    private sealed class StandingStage(RealLab lab, string name) : IStage
    {
        public string Sentence => "The lab is up";

        public SiteSettings Settings { get; } = OpenStackStage.SettingsFor(lab.Place, Host, name);

        public Task<string> MakeAsync(CancellationToken cancellationToken) => Task.FromResult("");

        public async Task<IDayCloud> EnterAsync(LocalSite site, CancellationToken cancellationToken) =>
            await OpenStackDayCloud.EnterAsync(lab.Place, lab.Shape, Host, site, TimeProvider.System, cancellationToken);

        public Task RemoveAsync() => Task.CompletedTask;
    }
}
