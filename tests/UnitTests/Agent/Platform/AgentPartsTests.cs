using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Opportunism.Agent;
using Opportunism.Agent.LocalSocket;
using Opportunism.Agent.Settings;
using Opportunism.Contracts.Local;
using Opportunism.Core.Availability;
using Opportunism.Hypervisors.Fake;
using Opportunism.UnitTests.Agent.Guests;
using Opportunism.UnitTests.Agent.Monitors;
using Xunit;

namespace Opportunism.UnitTests.Agent.Platform;

/// <summary>All parts of the agent, with their threads, on a second platform and around a guest that an earlier agent left running: what
/// the agent promises does not depend on Linux.</summary>
public sealed class AgentPartsTests : IAsyncDisposable
{
    // Generous for a busy machine; a test that waits this long has failed.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private static readonly LocalUser Other = new("other", IsAdministrator: false);

    private readonly string folder = Directory.CreateTempSubdirectory("opp-parts-").FullName;
    private FakeTimeProvider time = null!;
    private FakeMachine machine = null!;
    private FakePlatform platform = null!;
    private AgentParts? parts;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Guests_run_while_the_owner_is_away_and_are_frozen_when_the_owner_returns()
    {
        await StartAsync();

        await LendAsync();
        Assert.True(Used(TimeSpan.FromSeconds(1)) > 0);
        Assert.Equal(nameof(NodeState.Available), (await StatusAsync()).State);

        platform.Monitor.Sink.Seen();
        // No time passes.
        await UntilAsync(() => machine.Frozen, "frozen", TimeSpan.Zero);
        Assert.Equal(0, Used(TimeSpan.FromMilliseconds(500)));
        await UntilAsync(async () => (await StatusAsync()).State == nameof(NodeState.Frozen), "shown as frozen", TimeSpan.Zero);
        Assert.Equal(1, platform.Locks);

        await LendAsync();
        Assert.True(Used(TimeSpan.FromSeconds(1)) > 0);
    }

    [Fact]
    public async Task Shutdown_leaves_the_guests_frozen_and_no_handle_open()
    {
        await StartAsync();
        await LendAsync();

        await parts!.StopAsync(Cancelled);

        Assert.True(parts.ExecuteTask!.IsCompleted);
        Assert.Equal(0, Used(TimeSpan.FromMinutes(1)));
        Assert.True(machine.Frozen);
        Assert.True(platform.Endpoint.IsDisposed);
        parts.Dispose();
        Assert.Equal([true, true, true], platform.WakeUps.Select(wakeUp => wakeUp.IsDisposed));
    }

    [Fact]
    public async Task The_user_at_the_seat_takes_the_desktop_back_and_another_user_may_not()
    {
        await StartAsync();
        await LendAsync();

        Assert.Equal("Only the user at the desktop's seat and root may do that.", (await AskAsync(LocalAsk.TakeBack, Other)).Error);
        Assert.False(machine.Frozen);
        Assert.Null((await AskAsync(LocalAsk.TakeBack, FakePlatform.Owner)).Error);

        await UntilAsync(async () => (await StatusAsync()).State is not nameof(NodeState.Available), "taken back", TimeSpan.Zero);
        Assert.Equal(0, Used(TimeSpan.FromMilliseconds(500)));
        Assert.Equal(3, (await AskAsync(LocalAsk.Doctor, FakePlatform.Owner)).Brake!.StillMs);
    }

    public async ValueTask DisposeAsync()
    {
        if (parts is not null)
        {
            await parts.StopAsync(CancellationToken.None);
            parts.Dispose();
        }

        Directory.Delete(folder, recursive: true);
    }

    /// <summary>An agent starts where an earlier one ended while it lent: the guest is frozen before anything else.</summary>
    private async Task StartAsync()
    {
        var earlier = new KeeperSite(folder);
        await using (earlier)
        {
            await earlier.StartAsync();
            await earlier.RunningAsync();
        }

        (time, machine, platform) = (earlier.Time, earlier.Machine, new FakePlatform(earlier.Machine));
        Assert.True(Used(TimeSpan.FromSeconds(1)) > 0);
        var settings = new AgentSettings { StateFolder = folder, Socket = "unused" };
        settings.Conditions.Enabled.Add("snooze");
        settings.Guests.StateFolder = folder;
        settings.Guests.MaxMemoryMiB = earlier.Options.MaxMemoryMiB;
        settings.Guests.MaxVcpus = earlier.Options.MaxVcpus;
        parts = new AgentParts(settings, platform, time, NullLoggerFactory.Instance);
        Assert.Equal(0, Used(TimeSpan.FromSeconds(1)));
        await parts.StartAsync(Cancelled);
        await platform.Monitor.StartedAsync();
        platform.Monitor.Sink.SightChanged(ScriptedMonitor.Sees(1));
    }

    /// <summary>The owner is away until the guest runs.</summary>
    private Task LendAsync() => UntilAsync(() => Used(TimeSpan.FromMilliseconds(50)) > 0, "the guest runs", TimeSpan.FromMilliseconds(200));

    /// <summary>The CPU time that the guest uses in this time, in nanoseconds.</summary>
    private long Used(TimeSpan during)
    {
        var before = machine.GuestCpuNanoseconds();
        time.Advance(during);
        return machine.GuestCpuNanoseconds() - before;
    }

    private Task<LocalReply> AskAsync(string ask, LocalUser user) => platform.Endpoint.AskAsync(ask, user).WaitAsync(Patience, Cancelled);

    private async Task<LocalStatus> StatusAsync() => (await AskAsync(LocalAsk.Status, FakePlatform.Owner)).Status!;

    private Task UntilAsync(Func<bool> so, string what, TimeSpan step) => UntilAsync(() => Task.FromResult(so()), what, step);

    /// <summary>Lets time pass in steps until something is so.</summary>
    private async Task UntilAsync(Func<Task<bool>> so, string what, TimeSpan step)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await so())
        {
            var status = await StatusAsync();
            Assert.True(
                TimeProvider.System.GetElapsedTime(began) < Patience,
                $"Not so: {what}. Node {status.State}, {status.Reason}; guests: {string.Join("; ", status.Guests)}");
            time.Advance(step);
            // The agent works on other threads; this gives them the processor.
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, Cancelled);
        }
    }
}
