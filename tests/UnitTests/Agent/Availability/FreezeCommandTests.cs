using System.Runtime.Versioning;
using Opportunism.Agent.Availability.Linux;
using Opportunism.Agent.Guests;
using Xunit;

namespace Opportunism.UnitTests.Agent.Availability;

[SupportedOSPlatform("linux")]
public sealed class FreezeCommandTests : IDisposable
{
    private readonly string file = Path.Combine(Path.GetTempPath(), $"freeze-{Guid.NewGuid():N}.ini");

    public void Dispose() => File.Delete(file);

    [Theory]
    [InlineData("[Guests]\nCgroup = mine/guests\n", "mine/guests")]
    [InlineData("[Times]\nIdleFor = never\n[guests]\n  cgroup=mine/guests  \n[Site]\nCgroup = other\n", "mine/guests")]
    [InlineData("[Guests]\nCgroup = first\nCgroup = second\n", "second")]
    [InlineData("not an INI file at all \0\u0001", null)]
    [InlineData("[Guests]\nCgroup = ../../etc\n", null)]
    [InlineData("[Guests]\nCgroup = user.slice\n", null)]
    [InlineData("", null)]
    public void The_guests_cgroup_is_read_from_settings_that_need_not_be_valid(string settings, string? cgroup)
    {
        File.WriteAllText(file, settings);
        Assert.Equal(cgroup ?? new GuestOptions().Cgroup, FreezeCommand.CgroupIn(file));
    }

    [Fact]
    public void Without_settings_the_default_is_meant() => Assert.Equal(new GuestOptions().Cgroup, FreezeCommand.CgroupIn(file));
}
