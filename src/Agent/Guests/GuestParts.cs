using Microsoft.Extensions.Logging;
using Opportunism.Agent.Availability;
using Opportunism.Contracts.Nodes;
using Opportunism.Core;
using Opportunism.Hypervisors;
using Opportunism.Hypervisors.Qemu;

namespace Opportunism.Agent.Guests;

/// <summary>Everything of this folder put together, for Program.cs.</summary>
/// <param name="Hypervisor">Its freezer and <see cref="IHypervisor.GuestsInMemory"/> are for the deciding thread.</param>
/// <param name="Keeper">Prepare it before the deciding thread starts, then run it.</param>
internal sealed record GuestParts(IHypervisor Hypervisor, GuestKeeper Keeper) : IAsyncDisposable
{
    /// <param name="options">Section [Guests], validated.</param>
    /// <param name="node">What the deciding thread decides.</param>
    /// <param name="plan">What the controller wants; version 0 at first.</param>
    /// <param name="client">The connected client with its credentials; null while there is none.</param>
    /// <param name="time">Clock.</param>
    /// <param name="logs">Logs.</param>
    /// <exception cref="IOException">Guests could not be frozen on this machine, so none may be run; the message says what to do.</exception>
    public static GuestParts Make(GuestOptions options, Level<NodeStatus> node, Level<NodePlan> plan, Func<Nodes.NodesClient?> client, TimeProvider time, ILoggerFactory logs)
    {
        var settings = new QemuSettings
        {
            StateFolder = options.StateFolder,
            RamFolder = options.RamFolder,
            Cgroup = options.Cgroup,
            RunAs = options.RunAs,
            Accelerator = options.Accelerator,
            Network = options.Network,
        };
        var hypervisor = HypervisorCatalog.Make(options.Hypervisor, settings, time, logs);
        var files = new SiteFiles(client, options.TransferBytesPerSecond, time);
        return new GuestParts(hypervisor, new GuestKeeper(hypervisor, node, plan, files, options, time, logs.CreateLogger<GuestKeeper>()));
    }

    public ValueTask DisposeAsync() => Hypervisor.DisposeAsync();
}
