using System.Collections.Concurrent;
using Opportunism.Controller.Clouds;
using Opportunism.Controller.Fleet;
using Opportunism.Controller.Settings;
using Opportunism.Core;
using Opportunism.Server.Events;

namespace Opportunism.Controller.CloudActions;

/// <summary>Keeps a worker running for every node, also for those enrolled later.</summary>
internal sealed class CloudWorkers(
    NodeRegistry fleet, SiteClouds clouds, EventLog events, ControllerOptions options, TimeProvider time,
    ILogger<CloudActionWorker> log) : BackgroundService
{
    private readonly ConcurrentDictionary<NodeId, CloudActionWorker> workers = new();

    /// <summary>The node's worker; null until it was started.</summary>
    public CloudActionWorker? Of(NodeId node) => workers.GetValueOrDefault(node);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var running = new List<Task>();
        var enrolled = fleet.Enrolled.Current;
        while (!stoppingToken.IsCancellationRequested)
        {
            foreach (var node in enrolled.Where(node => !workers.ContainsKey(node)))
            {
                // A revoked node's cloud may be gone: then nothing is done for it.
                if (clouds.Find(fleet.Find(node)!.Cloud) is not { } cloud) continue;
                var worker = new CloudActionWorker(node, fleet, cloud, events, options, time, log);
                workers[node] = worker;
                running.Add(Task.Run(() => worker.RunAsync(stoppingToken), stoppingToken));
            }

            try
            {
                enrolled = await fleet.Enrolled.NewerThanAsync(enrolled, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }

        await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
