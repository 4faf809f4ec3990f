using System.Runtime.Versioning;
using Opportunism.Workshop.Try;
using Xunit;

namespace Opportunism.UnitTests.Workshop.Try;

[SupportedOSPlatform("linux")]
public sealed class HostGuestTests
{
    [Theory]
    [InlineData("/usr/bin/qemu-system-x86_64\0-name\0guest=a\0-uuid\0u-1\0-smp\01\0", true)]
    [InlineData("/usr/bin/qemu-system-x86_64\0-name\0guest=a\0-uuid\0u-2\0", false)]
    [InlineData("/usr/bin/qemu-system-x86_64\0-name\0u-1\0", false)]
    [InlineData("/usr/bin/qemu-system-x86_64\0-uuid\0", false)]
    [InlineData("/usr/bin/tail\0-uuid\0u-1\0", false)]
    [InlineData("", false)]
    public void The_qemu_of_a_guest_is_known_by_its_uuid(string cmdline, bool expected) =>
        Assert.Equal(expected, HostGuest.IsQemuOf("u-1", cmdline));

    [Fact]
    public void Only_memory_that_is_the_processs_own_counts() =>
        Assert.Equal(
            150_003,
            HostGuest.OwnKiB("Name:\tqemu\nVmRSS:\t  190000 kB\nRssAnon:\t  150000 kB\nRssFile:\t   40000 kB\nRssShmem:\t       3 kB\n"));

    [Theory]
    [InlineData("")]
    [InlineData("Name:\tqemu\nState:\tZ (zombie)\nThreads:\t1\n")]
    public void A_process_that_has_ended_has_none(string status) => Assert.Null(HostGuest.OwnKiB(status));
}
