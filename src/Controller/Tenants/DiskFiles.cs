using Opportunism.Clouds;
using Opportunism.Controller.Settings;
using Opportunism.Core;
using Opportunism.Server.Content;
using Opportunism.Server.State;

namespace Opportunism.Controller.Tenants;

/// <summary>Disks of VMs between two nodes, each file named by its guest and its SHA-256.</summary>
internal sealed class DiskFiles(StateFolder state, ControllerOptions options)
{
    public ContentFolder Folder { get; } = new(state["disks"], options.KeepFreeMiB << 20);

    public static string NameOf(GuestId guest, string sha256) => $"{guest}.{sha256}";

    /// <summary>Deletes the disks of a guest except those that it still needs.</summary>
    public void DropUnless(GuestId guest, IReadOnlySet<string> needed)
    {
        foreach (var name in Folder.Names.Where(name => name.StartsWith(guest.Value + ".", StringComparison.Ordinal)).ToList())
        {
            if (!needed.Any(sha256 => name == NameOf(guest, sha256))) Folder.Delete(name);
        }
    }

    /// <summary>Deletes the disks that no guest needs. Called once, at start.</summary>
    public void DropAllUnless(IReadOnlySet<GuestDisk> needed)
    {
        var names = needed.Select(disk => NameOf(disk.Guest, disk.Sha256)).ToHashSet(StringComparer.Ordinal);
        foreach (var name in Folder.Names.Where(name => !names.Contains(name)).ToList()) Folder.Delete(name);
    }
}
