using Opportunism.Clouds.OpenStack;
using Opportunism.Core;
using Opportunism.Core.Availability;
using Opportunism.TestKit.OpenStack;
using Xunit;

namespace Opportunism.UnitTests.Clouds.OpenStack;

/// <summary>Owners, tenants and faults in any order: once it is quiet, every server is as its tenant wanted it.</summary>
public sealed class OpenStackChaosTests
{
    private static readonly string[] TenantActions = ["suspend", "resume", "os-stop", "os-start", "pause", "unpause"];

    private static readonly Dictionary<string, string> Leads = new()
    {
        ["suspend"] = "suspended",
        ["resume"] = "active",
        ["os-stop"] = "stopped",
        ["os-start"] = "active",
        ["pause"] = "paused",
        ["unpause"] = "active"
    };

    [Theory]
    [InlineData("suspend")]
    [InlineData("pause")]
    [InlineData("stop")]
    [InlineData("shelve")]
    public async Task Whatever_happened_every_server_ends_as_its_tenant_wanted_it(string policy)
    {
        for (var seed = 0; seed < 20; seed++)
        {
            await using var site = await OpenStackSite.StartAsync(options => options.Policy = policy);
            var chaos = new Chaos(site, new Random(seed));
            await chaos.RunAsync(40);
            await chaos.QuietAsync();
            foreach (var (server, wish) in chaos.Wishes)
                Assert.True(
                    server.VmState == wish && server.TaskState is null,
                    $"seed {seed}: {server} should be {wish}, was {string.Join(",", server.Actions)}, has "
                    + $"{string.Join(",", server.Metadata)}, remembered {string.Join(",", site.Store.Servers)}; "
                    + $"{string.Join(" ", chaos.Story)}");
            Assert.All(
                site.StandIn.Hosts,
                host => Assert.False(host.Disabled, $"seed {seed}: {host.Name} stays disabled; {string.Join(" ", chaos.Story)}"));
            Assert.All(
                chaos.Wishes.Keys.Where(server => server.VmState == "active"),
                server => Assert.False(
                    server.Metadata.ContainsKey(ServerRules.EvictedKey),
                    $"seed {seed}: {server} keeps our mark; {string.Join(" ", chaos.Story)}"));
        }
    }

    private sealed class Chaos(OpenStackSite site, Random random)
    {
        private static readonly NodeId[] Nodes = [OpenStackSite.Node, OpenStackSite.Other];

        private readonly Dictionary<NodeId, (NodeState State, bool Lost)> desktops =
            Nodes.ToDictionary(node => node, _ => (NodeState.Available, false));

        // A controller that lost its store and a tenant who removed the mark: either alone can be mended, both together cannot.
        private readonly bool losesStore = random.Next(2) == 0;

        public Dictionary<StandInServer, string> Wishes { get; } = [];

        public List<string> Story { get; } = [];

        public async Task RunAsync(int steps)
        {
            foreach (var node in Nodes)
            {
                await site.RestAsync(NodeState.Available, node: node);
                for (var i = 0; i < 2; i++) Wishes[site.StandIn.Run(node.Value)] = "active";
            }

            for (var step = 0; step < steps; step++) await StepAsync();
        }

        /// <summary>Both owners leave, everything is mended, and time passes.</summary>
        public async Task QuietAsync()
        {
            site.StandIn.Restore();
            site.StandIn.WorksByItself = true;
            foreach (var host in site.StandIn.Hosts)
            {
                host.Fails.Clear();
                host.Thaw();
            }

            for (var round = 0; round < 8; round++)
            {
                site.Time.Advance(TimeSpan.FromMinutes(16));
                foreach (var node in Nodes) await site.FollowAsync(NodeState.Available, node: node);
                site.StandIn.Work();
            }

            foreach (var node in Nodes) await site.RestAsync(NodeState.Available, node: node);
        }

        private async Task StepAsync()
        {
            var node = Nodes[random.Next(2)];
            var (state, lost) = desktops[node];
            switch (random.Next(12))
            {
                case 0 or 1 or 2 or 3:
                    Story.Add($"follow {node} {state}{(lost ? " lost" : "")};");
                    await site.FollowIfSeenAsync(state, lost, node);
                    break;
                case 4:
                    desktops[node] = (
                        new[] { NodeState.Available, NodeState.Frozen, NodeState.Evicting, NodeState.InUse }[random.Next(4)],
                        random.Next(6) == 0);
                    break;
                case 5 or 6:
                    Tenant(Wishes.Keys.ElementAt(random.Next(Wishes.Count)), TenantActions[random.Next(TenantActions.Length)]);
                    break;
                case 7:
                    site.StandIn.WorksByItself = !site.StandIn.WorksByItself;
                    Story.Add($"works {site.StandIn.WorksByItself};");
                    break;
                case 8:
                    var fault = new[] { ("POST", "/action"), ("POST", "/metadata"), ("DELETE", "/metadata"),
                        ("GET", "/os-instance-actions"), ("PUT", "/os-services"), ("GET", "/servers/"), ("", "/network/") }[random.Next(7)];
                    site.StandIn.Break(new StandInFault(fault.Item1, fault.Item2) { Status = 500, Times = random.Next(1, 4) });
                    Story.Add($"500 for {fault};");
                    break;
                case 9:
                    var fails = site.StandIn.Host(node.Value).Fails;
                    if (!fails.Remove("suspend")) fails["suspend"] = false;
                    Story.Add($"suspend fails on {node}: {fails.Count};");
                    break;
                case 10:
                    if (losesStore) site.Store.Clear();
                    else foreach (var server in Wishes.Keys) server.Metadata.Clear();
                    Story.Add(losesStore ? "new controller;" : "marks gone, restart;");
                    await site.RestartAsync();
                    break;
                default:
                    site.Time.Advance(TimeSpan.FromSeconds(random.Next(1, 60)));
                    break;
            }
        }

        private void Tenant(StandInServer server, string action)
        {
            if (!site.StandIn.TryByTenant(server, action)) return;
            Wishes[server] = Leads[action];
            Story.Add($"tenant {action} {server};");
        }
    }
}
