using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using Opportunism.TestKit.Sites;
using Opportunism.Workshop.Lab;
using Opportunism.Workshop.Site;

namespace Opportunism.Benchmarks.OpenStack;

/// <summary>A lab of the benchmark's own with one host whose guests are imagined, and what its operator and its tenant ask of it.</summary>
/// <remarks>Nova's own programs, database and queue are real; what a hypervisor would
/// need for a guest is left out, so the figures are the cloud's and ours.</remarks>
[SupportedOSPlatform("linux")]
internal sealed class BenchLab : IAsyncDisposable
{
    public const string Host = "desktop-01";

    private const int FirstPort = 26600;
    private const string State = "/var/tmp/opp-bench-lab";
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly TimeProvider time;
    private readonly List<string> servers = [];
    private LabApi admin = null!;
    private LabApi tenant = null!;

    private BenchLab(TimeProvider time) => this.time = time;

    public static string CloudsYaml => Place.CloudsYaml;

    private static LabPlace Place => new(State, Path.Combine(SiteFolders.Find(State).Packaging, "lab"));

    public static async Task<BenchLab> UpAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        var lab = new BenchLab(time);
        try
        {
            await RunAsync(
                "up", "--hosts", $"{Host}=fake", "--first-port", FirstPort.ToString(System.Globalization.CultureInfo.InvariantCulture));
            var place = Place;
            var shape = LabShape.Read(place.Shape) ?? throw new IOException($"There is no lab in {State}.");
            var secrets = new LabSecrets(place.Secrets);
            lab.admin = await LabApi.LogInAsync(shape, "admin", secrets["admin"], "admin", cancellationToken);
            lab.tenant = await LabApi.LogInAsync(shape, "tenant", secrets["tenant"], "tenant", cancellationToken);
            return lab;
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }
    }

    /// <summary>The tenant asks for servers with that policy and waits until all run.</summary>
    public async Task RunServersAsync(int count, string policy, CancellationToken cancellationToken)
    {
        for (var i = 0; i < count; i++)
            servers.Add(
                await LabServers.AskForAsync(
                    tenant, $"{policy}-{i}", zone: null, new() { ["opportunism.policy"] = policy }, cancellationToken));
        await UntilRunningAsync(count, cancellationToken);
    }

    /// <summary>Waits until Nova shows no running server on the host, none that is being built or on its way.</summary>
    public Task UntilEmptyAsync(CancellationToken cancellationToken) =>
        UntilAsync(
            "no server runs",
            server => (string?)server["OS-EXT-STS:vm_state"] is not ("active" or "building") && server["OS-EXT-STS:task_state"] is null,
            null, cancellationToken);

    /// <summary>Waits until all servers run.</summary>
    public Task UntilRunningAsync(int count, CancellationToken cancellationToken) =>
        UntilAsync(
            "all servers run", server => (string?)server["OS-EXT-STS:vm_state"] == "active" && server["OS-EXT-STS:task_state"] is null,
            count, cancellationToken);

    /// <summary>Deletes all servers.</summary>
    public async Task ClearAsync(CancellationToken cancellationToken)
    {
        foreach (var server in servers) await DeleteAsync(server, cancellationToken);
        servers.Clear();
        var began = time.GetTimestamp();
        while ((await AllAsync("", cancellationToken)).Count > 0) await PauseAsync("all servers are deleted", began, cancellationToken);
    }

    /// <summary>The servers of the host, as its operator sees them.</summary>
    public Task<JsonArray> ServersAsync(CancellationToken cancellationToken) => AllAsync($"&host={Host}", cancellationToken);

    /// <summary>Asks something of a server as the operator.</summary>
    public Task ActAsync(string server, string action, CancellationToken cancellationToken) =>
        admin.PostAsync(new(admin.Nova, $"servers/{server}/action"), new() { [action] = null }, cancellationToken);

    /// <summary>Deletes a server as the operator.</summary>
    public Task DeleteAsync(string server, CancellationToken cancellationToken) => LabServers.DeleteAsync(admin, server, cancellationToken);

    /// <summary>Enables or disables the host as the operator.</summary>
    public async Task SetOpenAsync(bool open, CancellationToken cancellationToken) =>
        await LabHosts.SetEnabledAsync(admin, await LabHosts.OneAsync(admin, Host, cancellationToken), open, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        admin?.Dispose();
        tenant?.Dispose();
        await RunAsync("down", "--wipe");
    }

    private static async Task RunAsync(params string[] words)
    {
        var start = new ProcessStartInfo(RealSite.WorkshopProgram, ["lab", .. words, "--state", State]) { RedirectStandardOutput = true };
        using var process = Process.Start(start) ?? throw new IOException("The workshop program did not start.");
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new IOException($"lab {words[0]} ended with {process.ExitCode}: {said}");
    }

    private async Task<JsonArray> AllAsync(string filter, CancellationToken cancellationToken) =>
        (await admin.GetAsync(new(admin.Nova, "servers/detail?all_tenants=1" + filter), cancellationToken))["servers"]!.AsArray();

    private async Task UntilAsync(string what, Func<JsonNode, bool> holds, int? count, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            var seen = await ServersAsync(cancellationToken);
            if ((count is null || seen.Count == count) && seen.All(server => holds(server!))) return;
            await PauseAsync(what, began, cancellationToken);
        }
    }

    private async Task PauseAsync(string what, long began, CancellationToken cancellationToken)
    {
        if (time.GetElapsedTime(began) > Patience) throw new TimeoutException($"It was not seen within {Patience} that {what}.");
        await Task.Delay(LookEvery, time, cancellationToken);
    }
}
