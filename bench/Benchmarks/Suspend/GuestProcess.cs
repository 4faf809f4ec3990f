using System.Globalization;
using System.Runtime.Versioning;
using Opportunism.Core;
using Opportunism.Hypervisors.Qemu;

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

    /// <summary>Bytes the process has caused to be written to disks. Memory on tmpfs does not count, a file on a disk that is mapped does.</summary>
    public long WrittenBytes => BytesWrittenBy(pid);

    /// <summary>The same for this process, in which the hypervisor's driver runs.</summary>
    public static long BytesWrittenHere => BytesWrittenBy("self");

    public static GuestProcess Of(GuestId guest, QemuSettings settings)
    {
        var record = QemuJson.Read(new GuestFolder(settings.StateFolder, settings.RamFolder, guest).Process, QemuJson.Default.ProcessRecord)!;
        return new GuestProcess(record.Pid.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Nanoseconds of CPU time that a thread has used, by its folder in /proc (man 5 proc).</summary>
    internal static long CpuOf(string thread) => long.Parse(File.ReadAllText(Path.Combine(thread, "schedstat")).Split(' ')[0], CultureInfo.InvariantCulture);

    private static long BytesWrittenBy(string process) => long.Parse(File.ReadLines($"/proc/{process}/io").First(line => line.StartsWith("write_bytes: ", StringComparison.Ordinal)).AsSpan(13), CultureInfo.InvariantCulture);
}
