using Opportunism.Hypervisors.Cgroups;
using Xunit;

namespace Opportunism.UnitTests.Hypervisors;

public sealed class CgroupMountsTests
{
    [Fact]
    public void A_desktop_has_one_hierarchy_of_version_2() => Assert.Equal(
        new CgroupMounts("/sys/fs/cgroup", null, null, null),
        CgroupMounts.Parse(["29 22 0:26 / /sys/fs/cgroup rw,nosuid,nodev shared:9 - cgroup2 cgroup2 rw,nsdelegate"]));

    [Fact]
    public void Version_1_hierarchies_beside_it_are_found_by_their_controllers() => Assert.Equal(
        new CgroupMounts("/sys/fs/cgroup/unified", "/sys/fs/cgroup/cpu,cpuacct", "/sys/fs/cgroup/memory", "/sys/fs/cgroup/blkio"),
        CgroupMounts.Parse(
        [
            "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755",
            "32 31 0:29 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset",
            "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct",
            "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory",
            "37 31 0:34 / /sys/fs/cgroup/blkio rw,relatime - cgroup cgroup rw,blkio",
            "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw",
        ]));

    [Theory]
    [InlineData("")]
    [InlineData("garbled")]
    [InlineData("1 2 3 - cgroup2")]
    [InlineData("25 24 0:23 / /dev/shm rw,relatime - tmpfs tmpfs rw")]
    public void What_is_no_cgroup_mount_is_passed_over(string line) =>
        Assert.Equal(new CgroupMounts(null, null, null, null), CgroupMounts.Parse([line]));

    [Fact]
    public void A_space_in_a_path_is_read_as_the_kernel_writes_it() =>
        Assert.Equal("/my cgroups", CgroupMounts.Parse([@"29 22 0:26 / /my\040cgroups rw - cgroup2 cgroup2 rw"]).Unified);
}
