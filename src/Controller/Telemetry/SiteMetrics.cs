using System.Diagnostics.Metrics;
using Opportunism.Controller.CloudActions;
using Opportunism.Controller.Clouds;
using Opportunism.Controller.Fleet;
using Opportunism.Core.Fleet;

namespace Opportunism.Controller.Telemetry;

/// <summary>The site's metrics. All are read only when they are collected; without a collector they cost nothing.</summary>
internal sealed class SiteMetrics : IHostedService, IDisposable
{
    public const string MeterName = "Opportunism.Controller";

    private readonly Meter meter = new(MeterName);

    public SiteMetrics(NodeRegistry fleet, CloudWorkers workers, SiteClouds clouds)
    {
        meter.CreateObservableGauge("opportunism.nodes", () => fleet.Nodes.Where(node => !node.Revoked)
            .CountBy(node => node.Lost ? "Lost" : ReportReading.StateOf(node.Report)?.ToString() ?? "Unknown")
            .Select(count => new Measurement<int>(count.Value, new KeyValuePair<string, object?>("state", count.Key))),
            description: "Nodes by state");
        meter.CreateObservableGauge(
            "opportunism.nodes.open", () => fleet.Nodes.Count(node => workers.Of(node.Id) is { IsOpen: true }),
            description: "Nodes open in the cloud");
        meter.CreateObservableGauge(
            "opportunism.nodes.pending", () => fleet.Nodes.Count(node => workers.Of(node.Id) is { Pending.Length: > 0 }),
            description: "Nodes with a pending cloud action");
        if (clouds.GuestSources.Any())
        {
            meter.CreateObservableGauge("opportunism.vms", () => clouds.CountByStatus().Where(count => count.Key is not VmStatus.Terminated)
                .Select(count => new Measurement<int>(count.Value, new KeyValuePair<string, object?>("status", count.Key.ToString()))),
                description: "VMs by status");
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => meter.Dispose();
}
