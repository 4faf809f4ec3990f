using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Opportunism.Files;
using Opportunism.Hypervisors.Cgroups;
using Opportunism.Hypervisors.Linux;
using Opportunism.Hypervisors.Qemu.Qmp;

namespace Opportunism.Hypervisors.Qemu;

/// <summary>A running QEMU and its control socket. Ended by <see cref="QemuHost.RetireAsync"/> only.</summary>
[SupportedOSPlatform("linux")]
internal sealed class QemuProcess(LinuxProcess process, LaunchRecord launch, FileIdentity memory) : IDisposable
{
    private bool lacksRoom;

    public LinuxProcess Process => process;

    public LaunchRecord Launch => launch;

    public FrozenProcess Frozen { get; } = new(process.Pid, process.PidFd);

    /// <summary>The guest's memory, through the process that has it open. The file no longer has a name: when the process ends, for
    /// whatever reason, the kernel frees the memory at once.</summary>
    public string Ram { get; private set; } = "";

    /// <summary>Null until it listens.</summary>
    public QmpClient? Qmp { get; set; }

    /// <summary>True from the command that lets its guest run until it is asked to hold it. Changed with <see cref="QemuHost.RunLock"/>
    /// held.</summary>
    public bool MayRun { get; set; }

    /// <summary>How often its guest was started or released since this agent found or started it. Changed with
    /// <see cref="QemuHost.RunLock"/> held.</summary>
    public int Runs { get; set; }

    /// <summary>How far it is with saving device state in this hold.</summary>
    public DeviceStateSave StateSave { get; set; }

    /// <summary>Memory saved so far in this hold, and in earlier ones; null when none is.</summary>
    public MemoryPieces? SavedMemory { get; set; }

    /// <summary>Set when QEMU has paused the guest because its disk had no room for a write; cleared before it is released.</summary>
    public bool LacksRoom
    {
        get => Volatile.Read(ref lacksRoom);
        set => Volatile.Write(ref lacksRoom, value);
    }

    /// <summary>Set when the guest has shut itself down, and QEMU has not crashed.</summary>
    public bool GuestShutDown { get; set; }

    /// <summary>When the guest was asked to shut down, as a timestamp; null if it was not.</summary>
    public long? AskedToShutDown { get; set; }

    /// <summary>Removes the name of the file that the guest's memory is in.</summary>
    /// <exception cref="IOException">The process has no such file open.</exception>
    public void TakeRam(string path)
    {
        Ram = process.PathOfOpen(path)
            ?? throw new IOException($"QEMU (process {process.Pid}) does not have {path} open, which should be its guest's memory.");
        File.Delete(path);
    }

    /// <summary>Opens the guest's memory for reading.</summary>
    /// <remarks>A QEMU that its guest has taken over can put another file behind its descriptor, even one of root's or one whose opening
    /// never returns; such a file is rejected.</remarks>
    /// <exception cref="IOException">It cannot be opened, or is another file.</exception>
    public SafeFileHandle OpenRam() => OpenRam(Libc.ReadOnly);

    /// <summary>Gives the guest's memory back although the process still has it open. Only after it was killed: then no instruction of it
    /// can run.</summary>
    /// <exception cref="IOException">It cannot be opened, is another file, or the process has just ended and its memory is
    /// free.</exception>
    public void EmptyRam()
    {
        using var file = OpenRam(Libc.ReadWrite);
        if (Libc.Allocate((int)file.DangerousGetHandle(), Libc.PunchHole | Libc.KeepSize, 0, RandomAccess.GetLength(file)) != 0)
            throw FileFailure.OfLastCall("empty", Ram);
    }

    public void Dispose() => process.Dispose();

    private SafeFileHandle OpenRam(int access)
    {
        var fd = Libc.Open(Ram, access | Libc.NonBlocking | Libc.CloseOnExec, 0);
        if (fd < 0) throw FileFailure.OfLastCall("open", Ram);
        var file = new SafeFileHandle(fd, ownsHandle: true);
        if (memory.Inode == 0 || FileIdentity.Of(file) == memory) return file;
        file.Dispose();
        throw new IOException(
            $"QEMU (process {process.Pid}) has another file open where its guest's memory was. Its guest has taken it over; delete the "
                + "guest.");
    }
}
