using System.Runtime.Versioning;
using Opportunism.Core.Availability;
using Opportunism.TestKit.Desktops;
using Xunit;

namespace Opportunism.SystemTests.Desktops;

/// <summary>The agent under systemd, started by the unit file it is shipped with and inside everything that file takes away from it.</summary>
[SupportedOSPlatform("linux")]
public sealed class SystemdDesktopTests(SystemdDesktopSite site) : IClassFixture<SystemdDesktopSite>
{
    [Fact]
    public async Task The_unit_file_says_nothing_that_systemd_does_not_understand() =>
        Assert.Equal("", await site.AskAsync("systemd-analyze verify opportunism-agent.service"));

    [Fact]
    public async Task The_agent_says_when_it_is_ready_and_nothing_is_wrong_with_it()
    {
        await site.IsAsync(NodeState.Available, "before its health is looked at");
        Assert.Equal("active", await site.AskAsync("systemctl is-active opportunism-agent"));
        Assert.DoesNotContain((await site.NodeAsync()).Health, item => item.Severity == "Error");
    }

    [Fact]
    public async Task A_key_stands_the_tenant_still_and_it_goes_on()
    {
        await site.IsAsync(NodeState.Available, "before a key is pressed");
        await site.Desktop.PressAsync();
        await site.IsAsync(NodeState.Frozen, "after a key was pressed");
        var before = await site.NewestTickAsync();
        await site.IsAsync(NodeState.Available, "after the owner has gone");
        await site.TicksAsync("after the owner has gone", before + 2);
    }

    [Fact]
    public async Task A_restart_of_the_service_costs_the_tenant_nothing()
    {
        await site.IsAsync(NodeState.Available, "before the restart");
        var (before, process) = (await site.NewestTickAsync(), await site.AskAsync("cat $T/cgroup.procs"));
        await site.AskAsync("systemctl restart opportunism-agent");
        await site.TicksAsync("after the restart", before + 3);
        Assert.Equal(process, await site.AskAsync("cat $T/cgroup.procs"));
    }

    [Fact]
    public async Task Systemd_leaves_the_guests_cgroup_its_controllers()
    {
        await site.IsAsync(NodeState.Available, "before systemd looks at its cgroups again");
        await site.AskAsync("systemctl daemon-reload; systemctl restart systemd-journald");
        Assert.Equal("1", await site.AskAsync("cat $G/cpu.idle"));
        Assert.Matches("^[0-9]+$", await site.AskAsync("cat $T/memory.max"));
        Assert.Contains("cpu", await site.AskAsync("cat /sys/fs/cgroup/cgroup.subtree_control"), StringComparison.Ordinal);
    }
}
