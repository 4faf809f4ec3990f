using System.Diagnostics;
using System.Runtime.Versioning;
using Opportunism.Contracts.Local;
using Opportunism.Core.Availability;
using Opportunism.TestKit.Sites;
using Xunit;

namespace Opportunism.SystemTests.Days;

/// <summary>The published agent on a machine where no monitor has anything to watch.</summary>
[Collection(WholeMachine.Name)]
[SupportedOSPlatform("linux")]
public sealed class SeatlessTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task It_says_why_it_lends_nothing_and_lends_where_told_with_its_ssh_users_as_owners()
    {
        await using var site = await LoneDesktop.MakeAsync(seatless: true);
        var desktop = site.Desktop;
        desktop.StartAgent();
        var refused = await UntilAsync(desktop, status => status.QuietSeconds > 10, "more than IdleFor has passed");
        Assert.Equal(nameof(NodeState.InUse), refused.State);
        var obstacle = Assert.Single(refused.Obstacles);
        Assert.Equal(LocalObstacle.NothingToWatch, obstacle.Source);
        Assert.Contains("WithoutSeat = lend", obstacle.Remedy, StringComparison.Ordinal);

        desktop.Agent.Stop();
        await desktop.AddSettingsAsync("\n[Monitors]\nWithoutSeat = lend\n");
        desktop.StartAgent();
        Assert.Empty((await UntilAsync(desktop, status => status.State == nameof(NodeState.Available), "it is lent")).Obstacles);

        // What sshd does for a person who logs in: a terminal, and a shell that reads it.
        using var shell = Process.Start(
            new ProcessStartInfo("script", ["-qfc", "cat >/dev/null", "/dev/null"])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            })!;
        try
        {
            var seen = await UntilAsync(desktop, status => status.State == nameof(NodeState.InUse), "the one who logged in was seen");
            Assert.Contains(seen.Obstacles, found => found is { Code: nameof(ReasonCode.OwnerSeen), Source: "terminals" });
            await UntilAsync(
                desktop, status => status.State == nameof(NodeState.Available),
                "it is lent again beside a terminal in which nothing happens");
            await shell.StandardInput.WriteLineAsync("x");
            await shell.StandardInput.FlushAsync();
            await UntilAsync(desktop, status => status.State == nameof(NodeState.InUse), "the one who typed was seen");
        }
        finally
        {
            shell.Kill(entireProcessTree: true);
            await shell.WaitForExitAsync();
        }
    }

    private static async Task<LocalStatus> UntilAsync(RealDesktop desktop, Predicate<LocalStatus> reached, string what)
    {
        LocalStatus? last = null;
        for (var began = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(began) < Patience;)
        {
            try
            {
                last = await desktop.StatusAsync();
                if (reached(last)) return last;
            }
            catch (IOException)
            {
                // It has not started yet.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }

        Assert.Fail($"It was not seen within {Patience} that {what}; the last status: {last}");
        return last!;
    }
}
