using System.Runtime.Versioning;
using Opportunism.TestKit.Sites;
using Opportunism.Workshop.Lab;
using Xunit;

namespace Opportunism.SystemTests.OpenStack;

/// <summary>The commands for a site without a controller, with the least-privilege credential against a real OpenStack.</summary>
[Collection(SharedLab.Name)]
[SupportedOSPlatform("linux")]
public sealed class LabCommandTests(SharedLab shared)
{
    private const string Host = "desktop-03";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    [LabFact]
    public async Task The_rights_are_all_there_and_a_host_is_stopped_with_its_server_and_started_again()
    {
        var state = Directory.CreateTempSubdirectory("opp-switch-").FullName;
        using var tenant = await shared.Lab.LogInAsync("tenant", "tenant");
        using var admin = await shared.Lab.LogInAsync("admin", "admin");
        // The other imagined host is not there for the scheduler meanwhile.
        var other = await LabHosts.OneAsync(admin, "desktop-04", CancellationToken.None);
        await LabHosts.SetEnabledAsync(admin, other, enabled: false, CancellationToken.None);
        var server = "";
        try
        {
            server = await RealLab.AskForAsync(tenant, "switched", "fake", []);
            await RealLab.UntilStatusAsync(tenant, server, "ACTIVE");
            Assert.Contains("rights are granted", await RunAsync("openstack", "check"), StringComparison.Ordinal);
            await RunAsync("stop-node", "--host", Host, "--state", state);
            Assert.Equal(("disabled", "SUSPENDED"), (await HostAsync(admin), await StatusAsync(tenant, server)));
            await RunAsync("start-node", "--host", Host, "--state", state);
            Assert.Equal(("enabled", "ACTIVE"), (await HostAsync(admin), await StatusAsync(tenant, server)));
        }
        finally
        {
            if (server.Length > 0) await RealLab.DeleteAsync(tenant, server);
            await RunAsync("start-node", "--host", Host, "--state", state);
            await LabHosts.SetEnabledAsync(admin, other, enabled: true, CancellationToken.None);
            Directory.Delete(state, recursive: true);
        }
    }

    private static async Task<string> HostAsync(LabApi admin) =>
        (string)(await LabHosts.OneAsync(admin, Host, CancellationToken.None))["status"]!;

    private static async Task<string> StatusAsync(LabApi tenant, string server) =>
        (string)(await LabServers.FindAsync(tenant, server, CancellationToken.None))!["status"]!;

    /// <summary>Runs the published command line to its end, which must be a good one; answers what it printed.</summary>
    private async Task<string> RunAsync(params string[] words)
    {
        await using var program = RealProgram.Start(
            string.Join(' ', words), RealSite.CliProgram,
            [.. words, "--cloud", LabIdentity.Controller, "--clouds-file", shared.Lab.Place.CloudsYaml]);
        await program.Reading.WaitAsync(Patience, TimeProvider.System);
        Assert.True(
            program.EndsWithin(Patience) && program.ExitCode == 0, $"{program.Name} ended with {program.ExitCode}:\n{program.Said}");
        return program.Said;
    }
}
