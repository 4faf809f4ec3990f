using Opportunism.Cli.Terminal;
using Opportunism.TestKit.OpenStack;
using Xunit;
using static Opportunism.UnitTests.Cli.StartStop.SwitchedHost;

namespace Opportunism.UnitTests.Cli.StartStop;

/// <summary>start-node and stop-node whose requests fail, one after the other: they get their way all the same.</summary>
public sealed class SwitchRetryTests
{
    [Theory]
    [InlineData(500, false)]
    [InlineData(0, false)]
    [InlineData(0, true)]
    public async Task Any_request_that_fails_is_made_up_for_within_the_time(int status, bool fileIsLost)
    {
        await using var desk = await SlowDeskAsync();
        for (var request = 0; ; request++)
        {
            var host = await PrepareAsync(desk, request, Stop);
            var isReached = false;
            foreach (var command in new[] { Stop, Start })
            {
                if (fileIsLost && command == Start) File.Delete(Path.Combine(desk.State, host.Name + ".json"));
                var fault =
                    desk.StandIn.Break(new StandInFault("", "/") { Skips = request, Status = status, Cuts = status == 0, Times = 1 });
                Assert.True(
                    await desk.SwitchHostAsync(command, host.Name, default, Patience) == ExitCode.Done,
                    $"{command}, request {request} fails: {desk.Error}");
                host.AssertIs(command, $"{command}, request {request} fails");
                desk.StandIn.Restore();
                isReached |= fault.Met.IsCompleted;
            }

            if (!isReached || request == MostRequests) break;
        }
    }
}
