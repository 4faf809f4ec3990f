using System.Runtime.Versioning;
using Opportunism.Hypervisors.Qemu;
using Xunit;

namespace Opportunism.UnitTests.Hypervisors;

/// <summary>Programs that work for guests: they take memory for them, and read images that strangers made.</summary>
[SupportedOSPlatform("linux")]
public sealed class QemuLauncherTests
{
    [Fact]
    public async Task A_program_that_works_for_guests_goes_first_when_memory_runs_out()
    {
        // Root of a container may not lower it; any other value than QEMU's 1000 shows that it is inherited.
        await File.WriteAllTextAsync("/proc/self/oom_score_adj", "123");
        var (code, text) = await QemuLauncher.RunAsync(null, ["cat", "/proc/self/oom_score_adj"], [], CancellationToken.None);
        Assert.Equal((0, "1000"), (code, text));
    }
}
