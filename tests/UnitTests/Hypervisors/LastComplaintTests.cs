using System.Runtime.Versioning;
using Opportunism.Core;
using Opportunism.Core.Guests;
using Opportunism.Hypervisors.Qemu;
using Xunit;

namespace Opportunism.UnitTests.Hypervisors;

/// <summary>A QEMU that its guest has taken over makes its own log
/// (descriptor 2) long and ends; the agent reads it for a sentence.</summary>
[SupportedOSPlatform("linux")]
public sealed class LastComplaintTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("opp-complaints-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Reading_the_last_complaint_takes_little_memory_however_long_the_log_is()
    {
        var spec = new GuestSpec(GuestId.New(), "x", 1, 128, 32, new string('0', 64), ImageFormat.Raw);
        var guest = new QemuGuest(GuestRecord.Of(spec, "", null), spec, new GuestFolder(folder, folder, spec.Id), () => { });
        Directory.CreateDirectory(guest.Folder.Root);
        using (var log = File.Create(guest.Folder.Complaints)) log.SetLength(400L << 20); // ftruncate(2, ...): costs the guest nothing
        var before = GC.GetTotalAllocatedBytes(precise: true);
        string text;
        try
        {
            text = GuestProcesses.LastComplaint(guest);
        }
        catch (OutOfMemoryException)
        {
            text = "OutOfMemoryException";
        }

        var allocated = (GC.GetTotalAllocatedBytes(precise: true) - before) >> 20;
        var peak = File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmHWM", StringComparison.Ordinal));
        Assert.True(allocated < 16, $"{allocated} MiB were allocated for a log of 400 MiB; answer has {text.Length} letters; {peak}");
    }
}
