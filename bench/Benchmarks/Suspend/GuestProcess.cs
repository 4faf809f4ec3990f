using System.Globalization;
using System.Runtime.Versioning;
using Opportunism.Core;
using Opportunism.Hypervisors.Qemu;
using Opportunism.TestKit.Guests;

namespace Opportunism.Benchmarks.Suspend;

/// <summary>What the kernel counts of a guest's QEMU.</summary>
[SupportedOSPlatform("linux")]
internal sealed class GuestProcess
{
    private readonly string pid;
    private readonly string vcpu;

    private GuestProcess(string pid)
    {
        this.pid = pid;
        // QEMU does not name its threads; the vCPU of a guest that writes memory all the time has used the most CPU by far.
        vcpu = Directory.EnumerateDirectories($"/proc/{pid}/task").MaxBy(CpuOf)!;
    }

    /// <summary>CPU time the guest's only vCPU has used. Exact once it stands still.</summary>
    public double VcpuMilliseconds => CpuOf(vcpu) / 1e6;

    /// <summary>Bytes the process has caused to be written to disks.</summary>
    public long WrittenBytes => DiskWrites.BytesBy(pid);

    public static GuestProcess Of(GuestId guest, QemuSettings settings)
    {
        var record =
            QemuJson.Read(new GuestFolder(settings.StateFolder, settings.RamFolder, guest).Process, QemuJson.Default.ProcessRecord)!;
        return new GuestProcess(record.Pid.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Nanoseconds of CPU time that a thread has used, by its folder in /proc (man 5 proc).</summary>
    internal static long CpuOf(string thread) =>
        long.Parse(File.ReadAllText(Path.Combine(thread, "schedstat")).Split(' ')[0], CultureInfo.InvariantCulture);
}
