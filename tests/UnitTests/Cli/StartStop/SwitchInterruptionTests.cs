using Opportunism.Cli.Terminal;
using Opportunism.TestKit.OpenStack;
using Xunit;
using static Opportunism.UnitTests.Cli.StartStop.SwitchedHost;

namespace Opportunism.UnitTests.Cli.StartStop;

/// <summary>start-node and stop-node killed at each of their requests: the same command, or its opposite, sets everything right.</summary>
public sealed class SwitchInterruptionTests
{
    [Theory]
    [InlineData(Stop, false, Stop, false)]
    [InlineData(Stop, false, Start, false)]
    [InlineData(Stop, true, Stop, false)]
    [InlineData(Stop, true, Start, false)]
    [InlineData(Stop, false, Start, true)]
    [InlineData(Stop, true, Start, true)]
    [InlineData(Start, false, Stop, false)]
    [InlineData(Start, false, Start, false)]
    [InlineData(Start, true, Stop, false)]
    [InlineData(Start, true, Start, false)]
    public async Task Killed_at_any_request_before_or_after_it_was_carried_out(
        string first, bool carriedOut, string second, bool fileIsLost)
    {
        await using var desk = await SlowDeskAsync();
        var requests = 0;
        for (; ; requests++)
        {
            var host = await PrepareAsync(desk, requests, first);
            var fault =
                desk.StandIn.Break(new StandInFault("", "/") { Skips = requests, Hangs = !carriedOut, Forgets = carriedOut, Times = 1 });
            using var kill = new CancellationTokenSource();
            var running = desk.SwitchHostAsync(first, host.Name, kill.Token, Patience);
            var isOver = await Task.WhenAny(running, fault.Met) == running;
            await kill.CancelAsync();
            Assert.Equal(isOver ? ExitCode.Done : ExitCode.Failed, await running);
            desk.StandIn.Restore();
            if (fileIsLost && Directory.Exists(desk.State)) Directory.Delete(desk.State, recursive: true);
            Assert.True(
                await desk.SwitchHostAsync(second, host.Name, default, Patience) == ExitCode.Done,
                $"{first} killed at request {requests}, then {second}: {desk.Error}");
            host.AssertIs(second, $"{first} killed at request {requests}, then {second}");
            if (isOver || requests == MostRequests) break;
        }

        // Login, version, close or open, look, two servers, network: it did go through all of it.
        Assert.InRange(requests, 20, MostRequests);
    }

    [Theory]
    [InlineData(Stop)]
    [InlineData(Start)]
    public async Task Killed_over_and_over_it_comes_to_rest_once_it_is_let(string last)
    {
        await using var desk = await SlowDeskAsync();
        var random = new Random(last.Length);
        for (var round = 0; round < 5; round++)
        {
            var host = await PrepareAsync(desk, round, Stop);
            var story = "";
            for (var turn = 0; turn < 6; turn++)
            {
                var command = random.Next(2) == 0 ? Stop : Start;
                var (skips, carriedOut) = (random.Next(40), random.Next(2) == 0);
                story += $"{command} {skips} {carriedOut}; ";
                var fault =
                    desk.StandIn.Break(new StandInFault("", "/") { Skips = skips, Hangs = !carriedOut, Forgets = carriedOut, Times = 1 });
                using var kill = new CancellationTokenSource();
                var running = desk.SwitchHostAsync(command, host.Name, kill.Token);
                await Task.WhenAny(running, fault.Met);
                await kill.CancelAsync();
                await running;
                desk.StandIn.Restore();
            }

            Assert.True(await desk.SwitchHostAsync(last, host.Name, default, Patience) == ExitCode.Done, $"{story}: {desk.Error}");
            host.AssertIs(last, story);
        }
    }
}
