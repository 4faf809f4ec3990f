using Opportunism.Clouds.Embedded;
using Opportunism.Controller.Access;
using Opportunism.Controller.Settings;
using Opportunism.Core;

namespace Opportunism.Controller.Files;

/// <summary>Disks of VMs between two nodes, each file named by its guest and its SHA-256.</summary>
internal sealed class DiskShelf(StateFolder state, ControllerOptions options)
{
    public ContentFolder Folder { get; } = new(state["disks"], options.KeepFreeMiB << 20);

    public static string NameOf(GuestId guest, string sha256) => $"{guest}.{sha256}";

    /// <summary>Deletes the disks of a VM that it no longer needs: one it has been started from elsewhere, all of one that ended.</summary>
    public void DropUnless(Vm vm)
    {
        foreach (var name in Folder.Names.Where(name => name.StartsWith(vm.Id.Value + ".", StringComparison.Ordinal)).ToList())
        {
            if (!IsNeeded(vm, name)) Folder.Delete(name);
        }
    }

    /// <summary>Deletes the disks that no VM needs. Called once, at start.</summary>
    public void DropAllUnless(IReadOnlyCollection<Vm> vms)
    {
        foreach (var name in Folder.Names.ToList())
        {
            if (!vms.Any(vm => IsNeeded(vm, name))) Folder.Delete(name);
        }
    }

    private static bool IsNeeded(Vm vm, string name) => vm.End is VmEnd.None
        && (name == NameOf(vm.Id, vm.StoredSha256) || (name == NameOf(vm.Id, vm.DiskSha256) && !vm.StartedHere));
}
