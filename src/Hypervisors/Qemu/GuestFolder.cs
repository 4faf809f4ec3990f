using Opportunism.Core;

namespace Opportunism.Hypervisors.Qemu;

/// <summary>The files of one guest.</summary>
/// <remarks>
/// The folder belongs to root; QEMU's group may pass through it but not list it. QEMU's user owns only the disk, the console,
/// the RAM file and <c>run/</c>, so a guest that has taken over its QEMU can neither forge a checkpoint nor name another process.
/// </remarks>
internal sealed class GuestFolder(string stateFolder, string ramFolder, GuestId id)
{
    /// <summary>All guests' folders.</summary>
    public static string AllIn(string stateFolder) => Path.Combine(stateFolder, "guests");

    public string Root { get; } = Path.Combine(AllIn(stateFolder), id.Value);

    /// <summary>What the guest is made of (<see cref="GuestRecord"/>).</summary>
    public string Record => Path.Combine(Root, "guest.json");

    /// <summary>Which process runs it (<see cref="ProcessRecord"/>).</summary>
    public string Process => Path.Combine(Root, "process.json");

    public string Disk => Path.Combine(Root, "disk.qcow2");

    /// <summary>The copy of the disk that is handed over.</summary>
    public string ExportPart => Path.Combine(Root, "export.part");

    public string Console => Path.Combine(Root, "console.log");

    /// <summary>QEMU's error output.</summary>
    public string Complaints => Path.Combine(Root, "qemu.log");

    public string Run => Path.Combine(Root, "run");

    public string QmpSocket => Path.Combine(Run, "qmp.sock");

    public string AgentSocket => Path.Combine(Run, "agent.sock");

    /// <summary>A complete checkpoint, or nothing.</summary>
    public string Checkpoint => Path.Combine(Root, "checkpoint");

    /// <summary>What has been saved of a held guest; never a checkpoint, whatever it holds.</summary>
    public string Held => Path.Combine(Root, "held");

    /// <summary>The guest's memory while it is in memory.</summary>
    public string Ram { get; } = Path.Combine(ramFolder, id.Value);
}
