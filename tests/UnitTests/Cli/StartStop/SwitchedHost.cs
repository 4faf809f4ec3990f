using System.Globalization;
using Opportunism.Cli.Terminal;
using Opportunism.Clouds.OpenStack;
using Opportunism.TestKit.OpenStack;
using Opportunism.UnitTests.Cli.OpenStack;
using Xunit;

namespace Opportunism.UnitTests.Cli.StartStop;

/// <summary>A host with a tenant's server that runs, one that is being built, and one that its tenant suspended.</summary>
internal sealed class SwitchedHost(CloudDesk desk, string name)
{
    public const string Stop = "stop-node";
    public const string Start = "start-node";

    /// <summary>By then a stop looks at its empty host again and again, for the rest of a minute.</summary>
    public const int MostRequests = 26;

    /// <summary>Enough for a host that takes its time.</summary>
    public static readonly string[] Patience = ["--wait", "1h"];

    private readonly StandInServer suspended = desk.StandIn.Run(name);
    private readonly StandInServer[] ours = [desk.StandIn.Run(name), desk.StandIn.Build(name)];

    public string Name { get; } = name;

    /// <summary>Hosts take their time: what they are asked is done while the command waits. Each wait takes thirty times
    /// as long as it should, as on a very busy machine, which also spares thousands of looks at an empty host.</summary>
    public static async Task<CloudDesk> SlowDeskAsync()
    {
        var desk = await CloudDesk.StartAsync();
        desk.StandIn.WorksByItself = false;
        desk.WhileWaiting = () =>
        {
            desk.Time.Advance(TimeSpan.FromMilliseconds(5800));
            desk.StandIn.Work();
        };
        return desk;
    }

    /// <summary>A new host, as the command is to find it: lent, or stopped before it is to start.</summary>
    public static async Task<SwitchedHost> PrepareAsync(CloudDesk desk, int number, string command)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"pc-{number + 100}");
        desk.StandIn.AddHost(name).AgentDescription = "rack 7";
        var host = new SwitchedHost(desk, name);
        desk.StandIn.ByTenant(host.suspended, "suspend");
        desk.StandIn.Work();
        if (command == Start) Assert.Equal(ExitCode.Done, await desk.SwitchHostAsync(Stop, name, default, Patience));
        return host;
    }

    /// <summary>It is as that command leaves it, and so is all that we remember.</summary>
    public void AssertIs(string command, string when)
    {
        var host = desk.StandIn.Host(Name);
        var path = Path.Combine(desk.State, Name + ".json");
        var file = File.Exists(path) ? File.ReadAllText(path) : "";
        Assert.True(
            (suspended.VmState, suspended.Metadata.Count) == ("suspended",
            0) && suspended.Actions.All(action => action.User == OpenStackStandIn.TenantUser),
            $"{when}: the tenant's own {suspended}");
        Assert.True(
            host.Disabled == (command == Stop) && host.AgentUp == (command == Start),
            $"{when}: disabled {host.Disabled}, agent up {host.AgentUp}");
        foreach (var server in ours)
        {
            Assert.True(
                server.TaskState is null && server.VmState == (command == Stop ? "suspended" : "active"),
                $"{when}: {server}, was {string.Join(",", server.Actions)}");
            Assert.True(
                file.Contains(server.Guest.Value, StringComparison.Ordinal) == (command == Stop),
                $"{when}: {server} is remembered so: {file}");
            Assert.True(command == Stop || !server.Metadata.ContainsKey(ServerRules.EvictedKey), $"{when}: {server} keeps our mark");
        }

        if (command == Stop)
            Assert.True(
                host.DisabledReason!.StartsWith(NovaService.Mark, StringComparison.Ordinal)
                    && host.AgentDescription.EndsWith("; was: rack 7", StringComparison.Ordinal),
                $"{when}: {host.DisabledReason}, {host.AgentDescription}");
        else Assert.True(host.AgentDescription == "rack 7", $"{when}: {host.AgentDescription}");
    }
}
