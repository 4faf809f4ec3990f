using System.Runtime.Versioning;
using Microsoft.Extensions.Logging;
using Opportunism.Hypervisors.Cgroups;
using Opportunism.Hypervisors.Linux;

namespace Opportunism.Hypervisors.Qemu;

/// <summary>What every operation on a guest needs of its machine.</summary>
[SupportedOSPlatform("linux")]
internal sealed class QemuHost(QemuSettings settings, GuestCgroups cgroups, CgroupFreezer freezer, TimeProvider time, ILogger log)
{
    private QemuMachine? machine;

    // Grows with every freeze and hold. A guest may be released only if it has not grown since the request.
    private long holds;
    private QemuProcess? retired;

    public QemuSettings Settings => settings;

    public GuestCgroups Cgroups => cgroups;

    public CgroupFreezer Freezer => freezer;

    public TimeProvider Time => time;

    public ILogger Log => log;

    /// <summary>Held while a command that lets a guest run is written, and while holding begins: never one in the middle of the
    /// other.</summary>
    public Lock RunLock { get; } = new();

    public long Holds => Interlocked.Read(ref holds);

    public QemuMachine Machine
    {
        get => machine
            ?? throw new IOException(
                "QEMU on this machine is not usable or was not looked at yet; the health items say what is missing.");
        set => machine = value;
    }

    /// <summary>The user that a guest's process and files belong to.</summary>
    public GuestUser UserOf(QemuGuest guest) => guest.Record.Uid is { } uid ? new GuestUser(uid, Machine.User.Gid) : Machine.User;

    /// <summary>Retires a process object. The one before it is closed only now: the deciding thread may have been about to signal
    /// it.</summary>
    public async ValueTask RetireAsync(QemuProcess process)
    {
        if (process.Qmp is { } qmp) await qmp.DisposeAsync();
        Interlocked.Exchange(ref retired, process)?.Dispose();
    }

    /// <summary>From here on no earlier request may let a guest run. Called with <see cref="RunLock"/> held.</summary>
    public void BeginHoldLocked() => Interlocked.Increment(ref holds);
}
