using System.Runtime.Versioning;
using Opportunism.TestKit.Sites;

namespace Opportunism.Benchmarks.OpenStack;

/// <summary>From what an agent reports to what Nova has: a host closed, emptied and opened
/// again, by the real controller and, beside it, by the original's calls.</summary>
/// <remarks>
/// Times begin when the report is sent: <c>Frozen</c> for closed, <c>Evicting</c> for
/// empty, <c>Available</c> for open. Closed and open end when Nova has answered the
/// controller, empty when Nova shows no running server on the host. <c>open_window_ms</c>:
/// for how long after the owner's return a new server could still land there.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed class OpenStackBench(int times, TimeProvider time)
{
    private static readonly int[] Servers = [1, 4, 8];
    private static readonly string[] Actions = ["suspend", "pause", "stop", "shelve", "terminate"];

    // Emptying takes seconds for each; closing, whose 99th percentile counts, is measured more often.
    private int Reclaims => Math.Max(1, times / 10);

    public async Task RunAsync(BenchReport report, CancellationToken cancellationToken)
    {
        await using var lab = await BenchLab.UpAsync(time, cancellationToken);
        foreach (var servers in Servers) await OriginalAsync(lab, servers, report, cancellationToken);
        await using var site = await RealSite.StartAsync($"""
            [Controller]
            Cloud = openstack
            ReportsPerSecond = 100
            [OpenStack]
            Cloud = opportunism
            CloudsFile = {BenchLab.CloudsYaml}
            Hosts = {BenchLab.Host}
            OwnerMayChoose = suspend, pause, stop, shelve, terminate
            """);
        await using var node = new BenchNode(site, await site.EnrolAsync(BenchLab.Host), time);
        await node.ConnectAsync(cancellationToken);
        await node.OpensInAsync(cancellationToken);
        foreach (var action in Actions)
        {
            foreach (var servers in Servers) await OursAsync(lab, node, action, servers, report, cancellationToken);
        }
    }

    private async Task OursAsync(
        BenchLab lab, BenchNode node, string action, int servers, BenchReport report, CancellationToken cancellationToken)
    {
        var (closed, open, empty) = (new List<double>(), new List<double>(), new List<double>());
        await lab.RunServersAsync(servers, action, cancellationToken);
        for (var i = 0; i < times; i++)
        {
            closed.Add(await node.ClosesInAsync(cancellationToken));
            open.Add(await node.OpensInAsync(cancellationToken));
        }

        for (var i = 0; i < Reclaims; i++)
        {
            closed.Add(await node.ClosesInAsync(cancellationToken));
            var began = time.GetTimestamp();
            var reclaimed = await node.EvictsAsync(cancellationToken);
            await lab.UntilEmptyAsync(cancellationToken);
            empty.Add(time.GetElapsedTime(began).TotalMilliseconds);
            await reclaimed.DisposeAsync();
            open.Add(await node.OpensInAsync(cancellationToken));
            if (action == "terminate")
            {
                await lab.ClearAsync(cancellationToken);
                await lab.RunServersAsync(servers, action, cancellationToken);
            }

            await lab.UntilRunningAsync(servers, cancellationToken);
        }

        await lab.ClearAsync(cancellationToken);
        Add(report, action, servers, closed, empty, open, null);
    }

    private async Task OriginalAsync(BenchLab lab, int servers, BenchReport report, CancellationToken cancellationToken)
    {
        var baseline = new OriginalBaseline(lab, time);
        var (closed, open, empty) = (new List<double>(), new List<double>(), new List<double>());
        for (var i = 0; i < Reclaims; i++)
        {
            var one = await baseline.ReclaimAsync(servers, cancellationToken);
            closed.Add(one.Closed);
            empty.Add(one.Empty);
            open.Add(one.Open);
        }

        Add(report, "stop and delete", servers, closed, empty, open, "original");
    }

    private static void Add(
        BenchReport report, string action, int servers, List<double> closed, List<double> empty, List<double> open, string? baseline) =>
        report.Add(
        ("baseline", baseline),
        ("action", action),
        ("servers", servers),
        ("n", closed.Count),
        ("n_empty", empty.Count),
        ("closed_ms_p50", BenchReport.Figure(Percentiles.P50(closed))),
        ("closed_ms_p99", BenchReport.Figure(Percentiles.P99(closed))),
        ("empty_ms_p50", BenchReport.Figure(Percentiles.P50(empty))),
        ("open_ms_p50", BenchReport.Figure(Percentiles.P50(open))),
        ("open_window_ms", BenchReport.Figure(Percentiles.P50(closed))));
}
