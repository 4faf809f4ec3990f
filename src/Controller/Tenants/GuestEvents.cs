using Opportunism.Clouds;
using Opportunism.Controller.Clouds;
using Opportunism.Controller.Fleet;
using Opportunism.Core.Fleet;
using Opportunism.Core.Health;
using Opportunism.Server.Events;

namespace Opportunism.Controller.Tenants;

/// <summary>Handles a change of a guest that agents run: its node's plan, an event, and files that are no longer needed.</summary>
internal sealed partial class GuestEvents(
    SiteClouds clouds, FleetEvents fleet, ConsoleBuffers consoles, DiskFiles disks, EventLog events, ILogger<GuestEvents> log)
{
    /// <summary>Subscribes to changes. Called once, before the clouds and the fleet read their stored state.</summary>
    public void Connect()
    {
        foreach (var source in clouds.GuestSources)
        {
            source.GuestChanged += change => GuestChanged(source, change);
            source.AssignmentsChanged += fleet.RebuildPlan;
            consoles.WantedChanged += guest =>
            {
                if (source.NodeOf(guest) is { } node) fleet.RebuildPlan(node);
            };
        }
    }

    /// <summary>Deletes files that no guest needs any more. Called once, after everything was read.</summary>
    public void CleanUp()
    {
        // A site none of whose clouds has guests run by agents keeps its files: such a cloud may be configured again.
        var inUse = clouds.GuestSources.Select(source => source.InUse()).ToList();
        if (inUse.Count == 0) return;
        disks.DropAllUnless(inUse.SelectMany(cloud => cloud.Disks).ToHashSet());
        consoles.ForgetAllUnless(inUse.SelectMany(cloud => cloud.Consoles).Select(guest => guest.Value).ToHashSet());
    }

    private void GuestChanged(IGuestSource source, GuestChange change)
    {
        if (change.Before != change.After)
        {
            var severity = change.After is VmStatus.Failed or VmStatus.NodeLost ? HealthSeverity.Warning : HealthSeverity.Note;
            var where = change.Node is { } node ? $" on {node}" : "";
            var why = change.Why.Length > 0 ? $": {change.Why}" : "";
            events.Add("vm.status", severity, change.Node, change.Guest, $"VM {change.Name} is {change.After}{where}{why}");
            VmNews(change.Name, change.Guest.Value, change.After);
        }

        if (change.Ended) consoles.Forget(change.Guest);
        if (change.FreesDisks) disks.DropUnless(change.Guest, source.DisksOf(change.Guest));
    }
}
