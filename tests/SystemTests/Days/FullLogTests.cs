using System.Diagnostics;
using System.Runtime.Versioning;
using Opportunism.Contracts.Local;
using Opportunism.Core.Availability;
using Opportunism.Hypervisors.Cgroups;
using Opportunism.TestKit.Sites;
using Xunit;

namespace Opportunism.SystemTests.Days;

/// <summary>The published agent whose log is a pipe that is full and not read.</summary>
[Collection(WholeMachine.Name)]
[SupportedOSPlatform("linux")]
public sealed class FullLogTests
{
    // As many lines filled pipe and queue when the agent hung for ever.
    private const int Lines = 3100;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task The_owner_is_protected_and_answered_and_the_agent_ends_when_asked()
    {
        await using var site = await LoneDesktop.MakeAsync();
        var desktop = site.Desktop;
        desktop.StartAgentWithFullLog();
        await UntilAsync(async () => await StateAsync(desktop) is not null, "the agent answered");

        // More lines than the pipe and any queue before it hold.
        for (var i = 0; i < Lines / 2; i++)
        {
            await AskAsync(desktop, new(LocalAsk.Snooze, TimeProvider.System.GetUtcNow().AddHours(1)));
            await AskAsync(desktop, new(LocalAsk.Wake));
        }

        var procs = Path.Combine(CgroupMounts.Find().Unified!, desktop.Cgroup, "guests", "cgroup.procs");
        using var guest = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"echo $$ >'{procs}'; while :; do :; done"]))!;
        try
        {
            await UntilAsync(async () => await StateAsync(desktop) == nameof(NodeState.Available), "the node is lent");
            var idle = RealDesktop.CpuOf(guest.Id);
            await UntilAsync(() => Task.FromResult(RealDesktop.CpuOf(guest.Id) > idle), "the guest runs");

            await desktop.TouchAsync();
            await UntilAsync(async () => await StateAsync(desktop) == nameof(NodeState.InUse), "the owner was seen");
            // The state is shown after the guests stand still.
            var still = RealDesktop.CpuOf(guest.Id);
            for (var i = 0; i < 20; i++) Assert.NotNull(await StateAsync(desktop));
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
            Assert.Equal(still, RealDesktop.CpuOf(guest.Id));

            await UntilAsync(async () => await StateAsync(desktop) == nameof(NodeState.Available), "the node is lent again");
            Signals.AskToEnd(desktop.Agent.Id);
            Assert.True(desktop.Agent.EndsWithin(TimeSpan.FromSeconds(10)), "SIGTERM did not end the agent.");
            Assert.Equal(0, desktop.Agent.ExitCode);
            var left = RealDesktop.CpuOf(guest.Id);
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
            Assert.Equal(left, RealDesktop.CpuOf(guest.Id));
        }
        finally
        {
            guest.Kill();
            // It is frozen, and dies all the same.
            await guest.WaitForExitAsync();
        }
    }

    private static async Task<string?> StateAsync(RealDesktop desktop)
    {
        try
        {
            return (await desktop.StatusAsync()).State;
        }
        catch (IOException)
        {
            return null; // not yet
        }
    }

    private static async Task AskAsync(RealDesktop desktop, LocalRequest request)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10), TimeProvider.System);
        var reply = await desktop.Local.AskAsync(request, limit.Token);
        Assert.Null(reply.Error);
    }

    private static async Task UntilAsync(Func<Task<bool>> reached, string what)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await reached())
        {
            if (TimeProvider.System.GetElapsedTime(began) > Patience) Assert.Fail($"It was not seen within {Patience} that {what}.");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }
}
