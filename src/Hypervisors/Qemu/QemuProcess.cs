using System.Runtime.Versioning;
using Opportunism.Hypervisors.Cgroups;
using Opportunism.Hypervisors.Linux;
using Opportunism.Hypervisors.Qemu.Qmp;

namespace Opportunism.Hypervisors.Qemu;

/// <summary>A running QEMU and the socket that steers it. Ended by <see cref="QemuHost.RetireAsync"/> only.</summary>
[SupportedOSPlatform("linux")]
internal sealed class QemuProcess(LinuxProcess process, LaunchRecord launch) : IDisposable
{
    private bool lacksRoom;

    public LinuxProcess Process => process;

    public LaunchRecord Launch => launch;

    public FrozenProcess Frozen { get; } = new(process.Pid, process.PidFd);

    /// <summary>Null until it listens.</summary>
    public QmpClient? Qmp { get; set; }

    /// <summary>True once device state was saved: its disks are closed until it goes on, and saving again would end it.</summary>
    public bool IsStateSaved { get; set; }

    /// <summary>True when device state was saved once and the file is not there any more: it can only be let go on or ended.</summary>
    public bool IsStateLost { get; set; }

    /// <summary>Memory saved so far in this hold; null when none is.</summary>
    public MemoryPieces? SavedMemory { get; set; }

    /// <summary>Set when QEMU has paused the guest because its disk had no room for a write; cleared before it goes on.</summary>
    public bool LacksRoom
    {
        get => Volatile.Read(ref lacksRoom);
        set => Volatile.Write(ref lacksRoom, value);
    }

    /// <summary>Set when the guest has ended by itself rather than QEMU by accident.</summary>
    public bool GuestShutDown { get; set; }

    public void Dispose() => process.Dispose();
}
