using System.Globalization;
using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using Opportunism.TestKit.Sites;
using Opportunism.Workshop.Lab;

namespace Opportunism.SystemTests.OpenStack;

/// <summary>A controller in front of the lab's OpenStack, desktops beside its compute hosts, and a tenant. Everything real.</summary>
[SupportedOSPlatform("linux")]
internal sealed class CloudSite : IAsyncDisposable
{
    // Several guests boot on two cores without KVM beside nine services.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    private readonly RealLab lab;
    private readonly LabApi admin;
    private readonly List<string> servers = [];

    private CloudSite(RealLab lab, RealSite site, LabApi tenant, LabApi admin) =>
        (this.lab, Site, Tenant, this.admin) = (lab, site, tenant, admin);

    public RealSite Site { get; }

    public LabApi Tenant { get; }

    /// <summary>Starts a controller with the lab's least-privilege credential.</summary>
    /// <param name="lab">A lab that is up.</param>
    public static async Task<CloudSite> StartAsync(RealLab lab)
    {
        var (tenant, admin) = (await lab.LogInAsync("tenant", "tenant"), await lab.LogInAsync("admin", "admin"));
        var site = await RealSite.StartAsync($"""
            [Controller]
            Cloud = openstack
            CompareEvery = 00:00:05
            [OpenStack]
            Cloud = opportunism
            CloudsFile = {lab.Place.CloudsYaml}
            Hosts = desktop-*
            OwnerMayChoose = suspend, pause, stop, shelve, terminate
            """);
        return new(lab, site, tenant, admin);
    }

    /// <summary>Adds the desktop on which a compute host of the lab runs, and waits until the site has heard from its agent.</summary>
    public Task<RealDesktop> AddDesktopAsync(string host)
    {
        var run = Path.Combine(lab.Place.HostFolder(host), "run", "libvirt");
        return Site.AddDesktopAsync(host, $"""
            Hypervisor = libvirt
            LibvirtUri = qemu+unix:///system?socket={run}/libvirt-sock
            LibvirtFolder = {run}/qemu
            """);
    }

    /// <summary>A tenant asks for a server, on a kind of host or on any; answers its id at once.</summary>
    public async Task<string> CreateAsync(string name, string? policy = null, string? zone = "libvirt")
    {
        var server = await RealLab.AskForAsync(Tenant, name, zone, policy is null ? [] : new() { ["opportunism.policy"] = policy });
        servers.Add(server);
        return server;
    }

    /// <summary>A tenant does something with a server.</summary>
    public Task ActAsync(string server, string action) =>
        Tenant.PostAsync(new(Tenant.Nova, $"servers/{server}/action"), new() { [action] = null }, CancellationToken.None);

    /// <summary>A server as its tenant sees it; null once it is deleted.</summary>
    public Task<JsonNode?> ServerAsync(string server) => LabServers.FindAsync(Tenant, server, CancellationToken.None);

    /// <summary>A server's status with its task, such as ACTIVE or ACTIVE/suspending; GONE once it is deleted.</summary>
    public async Task<string> StatusAsync(string server) =>
        await ServerAsync(server) is { } seen
            ? (string)seen["status"]! + ((string?)seen["OS-EXT-STS:task_state"] is { } task ? "/" + task : "")
            : "GONE";

    /// <summary>Waits until something is so; fails with everything there is to know about the site.</summary>
    public Task UntilAsync(string what, Func<Task<bool>> reached) => Site.UntilAsync(what, reached, Patience);

    /// <summary>Waits until servers are as they should be.</summary>
    public Task UntilAsync(params (string Server, string Status)[] wanted) => UntilAsync(
        $"servers are {string.Join(", ", wanted.Select(one => one.Status))}",
        async () =>
        {
            var seen = await Task.WhenAll(wanted.Select(one => StatusAsync(one.Server)));
            if (seen.SequenceEqual(wanted.Select(one => one.Status))) return true;
            // Told when the wait ends in vain.
            throw new IOException($"They are {string.Join(", ", seen)}.");
        });

    /// <summary>Waits until servers have counted so far.</summary>
    public Task UntilTickAsync(int tick, params IEnumerable<string> counting) => UntilAsync(
        $"servers have counted to {tick}", async () =>
            (await Task.WhenAll(counting.Select(server => RealLab.ConsoleAsync(Tenant, server)))).All(console =>
            LabConsole.Ticks(console).LastOrDefault(-1) >= tick));

    /// <summary>The last tick that a server has printed.</summary>
    public async Task<int> LastTickAsync(string server) => LabConsole.Ticks(await RealLab.ConsoleAsync(Tenant, server)).LastOrDefault(-1);

    /// <summary>The last tick that a server has printed, from its host's disk: Nova
    /// tells none of one that is suspended, or whose host does not answer.</summary>
    public int LastTickOnDisk(string host, string server) =>
        LabConsole.Ticks(File.ReadAllText(Path.Combine(lab.Place.HostFolder(host), "nova", "instances", server, "console.log")))
            .LastOrDefault(-1);

    /// <summary>Waits until a server counts on from a tick, and checks that none was lost or repeated.</summary>
    public async Task UntilGoesOnAsync(string server, int last)
    {
        var console = "";
        await UntilAsync(
            $"server {server} continues after tick {last}",
            async () => LabConsole.Ticks(console = await RealLab.ConsoleAsync(Tenant, server)).LastOrDefault(-1) > last + 1);
        LabConsole.AssertGoesOn(console, last);
    }

    /// <summary>A host's compute service as operators see it.</summary>
    public async Task<(string Status, string Reason, string State)> HostAsync(string host)
    {
        var service = await LabHosts.OneAsync(admin, host, CancellationToken.None);
        return ((string)service["status"]!, (string?)service["disabled_reason"] ?? "", (string)service["state"]!);
    }

    /// <summary>
    /// Waits until every host has reported to Nova from now on. A report that was
    /// under way when RabbitMQ ended waits a minute for its answer, and then Nova
    /// believes for a moment that its host is down.
    /// </summary>
    public async Task UntilAllReportAgainAsync()
    {
        var now = TimeProvider.System.GetUtcNow();
        await UntilAsync(
            "every host reports again",
            async () => (await LabHosts.AllAsync(admin, CancellationToken.None)).All(service =>
                DateTimeOffset.Parse(
                    (string?)service["updated_at"] ?? "", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal) > now));
    }

    /// <summary>An operator disables a host by hand.</summary>
    public async Task DisableByHandAsync(string host) =>
        await LabHosts.SetEnabledAsync(
            admin, await LabHosts.OneAsync(admin, host, CancellationToken.None), enabled: false, CancellationToken.None);

    /// <summary>Waits until Nova may place servers on a host, or may not, as its node's
    /// worker wants it: before a controller's first word every host is open.</summary>
    public Task UntilHostAsync(string host, bool open) => UntilAsync($"{host} is {(open ? "open" : "closed")}", async () =>
        (await Site.Client.NodesAsync()).Single(node =>
            node.Id == host).Open == open && (await HostAsync(host)).Status == (open ? "enabled" : "disabled"));

    /// <summary>Which compute host a server is on.</summary>
    public async Task<string?> HostOfAsync(string server) =>
        (string?)(await admin.GetAsync(new(admin.Nova, $"servers/{server}"), CancellationToken.None))["server"]!["OS-EXT-SRV-ATTR:host"];

    /// <summary>What was asked of a server so far, newest first.</summary>
    public async Task<IReadOnlyList<string>> ActionsAsync(string server)
    {
        var actions = (
            await admin.GetAsync(
                new(admin.Nova, $"servers/{server}/os-instance-actions"), CancellationToken.None))["instanceActions"]!.AsArray();
        return [.. actions.Select(action => (string)action!["action"]!)];
    }

    /// <summary>Ends desktops and controller, deletes the tenant's servers, and gives every host back to Nova as the lab has it.</summary>
    public async ValueTask DisposeAsync()
    {
        await Site.DisposeAsync();
        foreach (var server in servers) await RealLab.DeleteAsync(Tenant, server);
        Tenant.Dispose();
        foreach (var service in await LabHosts.AllAsync(admin, CancellationToken.None))
            await LabHosts.SetEnabledAsync(admin, service, enabled: true, CancellationToken.None);
        admin.Dispose();
    }
}
