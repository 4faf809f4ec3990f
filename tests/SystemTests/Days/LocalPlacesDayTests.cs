using System.Diagnostics;
using System.Runtime.Versioning;
using Opportunism.Contracts.Local;
using Opportunism.TestKit.Sites;
using Xunit;

namespace Opportunism.SystemTests.Days;

/// <summary>The published agent while another user holds as many connections to its local socket as it gets.</summary>
[Collection(WholeMachine.Name)]
[SupportedOSPlatform("linux")]
public sealed class LocalPlacesDayTests
{
    // Opens a connection, sends nothing, and replaces one that was closed, two hundred at once.
    private const string Holder = """
        use Socket; $| = 1; my %held; print "holding\n";
        while (1) {
            while (keys(%held) < 200) {
                socket(my $s, AF_UNIX, SOCK_STREAM, 0) or last;
                connect($s, pack_sockaddr_un($ARGV[0])) or last;
                $held{fileno($s)} = $s;
            }
            select(undef, undef, undef, 0.05);
            my $in = ''; vec($in, $_, 1) = 1 for keys %held;
            select(my $out = $in, undef, undef, 0);
            for (keys %held) { if (vec($out, $_, 1)) { close($held{$_}); delete $held{$_}; } }
        }
        """;

    [Fact]
    public async Task Root_is_answered_all_the_same()
    {
        await using var site = await LoneDesktop.MakeAsync();
        var desktop = site.Desktop;
        desktop.StartAgent();
        await UntilAnswersAsync(desktop);
        var start = new ProcessStartInfo(
            "setpriv",
            ["--reuid=65534", "--regid=65534", "--clear-groups", "perl", "-e", Holder, desktop.SocketPath])
        {
            RedirectStandardOutput = true,
        };
        using var holder = Process.Start(start)!;
        try
        {
            Assert.Equal("holding", await holder.StandardOutput.ReadLineAsync());
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
            // Longer than one silent connection is borne.
            for (var i = 0; i < 30; i++)
            {
                using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2), TimeProvider.System);
                Assert.Null((await desktop.Local.AskAsync(new(LocalAsk.TakeBack), limit.Token)).Error);
                await Task.Delay(TimeSpan.FromMilliseconds(250), TimeProvider.System);
            }

            Assert.False(holder.HasExited);
        }
        finally
        {
            holder.Kill();
            await holder.WaitForExitAsync();
        }
    }

    private static async Task UntilAnswersAsync(RealDesktop desktop)
    {
        for (var began = TimeProvider.System.GetTimestamp(); ;)
        {
            try
            {
                await desktop.StatusAsync();
                return;
            }
            catch (IOException) when (TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(60))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        }
    }
}
