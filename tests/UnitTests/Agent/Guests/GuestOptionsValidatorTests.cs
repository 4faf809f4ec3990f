using Opportunism.Agent.Guests;
using Opportunism.Hypervisors.Qemu;
using Xunit;

namespace Opportunism.UnitTests.Agent.Guests;

public sealed class GuestOptionsValidatorTests
{
    [Fact]
    public void The_defaults_are_allowed() => Assert.True(new GuestOptionsValidator().Validate(null, new GuestOptions()).Succeeded);

    [Fact]
    public void All_problems_are_named_at_once()
    {
        var result = new GuestOptionsValidator().Validate(null, new GuestOptions
        {
            Hypervisor = "qmeu",
            StateFolder = "relative",
            RamFolder = "/dev/../etc",
            Cgroup = "/absolute",
            RunAs = "root",
            RunAsRange = "5-1",
            Accelerator = (Accelerator)9,
            Network = (GuestNetwork)9,
            LibvirtUri = "http://localhost/system",
            LibvirtFolder = "run/libvirt",
            MaxMemoryMiB = -1,
            MaxVcpus = -1,
            CheckpointBytesPerSecond = 0,
            TransferBytesPerSecond = 0,
            OwnerNetworkBytesPerSecond = 0,
            ShutdownPatience = TimeSpan.FromDays(1),
            KeepFreeMiB = -1,
        });
        var problems = result.Failures!.ToArray();
        Assert.Equal(17, problems.Length);
        foreach (var key in typeof(GuestOptions).GetProperties().Select(property => property.Name)) Assert.Contains(problems, problem => problem.StartsWith($"[Guests] {key} is ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("..")]
    [InlineData("a//b")]
    [InlineData("a/../b")]
    [InlineData("a b")]
    [InlineData("a/b/c/d/e")]
    [InlineData("")]
    public void A_cgroup_stays_below_its_mount(string cgroup) => Assert.False(new GuestOptionsValidator().Validate(null, new GuestOptions { Cgroup = cgroup }).Succeeded);

    [Fact]
    public void A_state_folder_leaves_room_for_the_sockets_names() =>
        Assert.False(new GuestOptionsValidator().Validate(null, new GuestOptions { StateFolder = "/" + new string('a', 50) }).Succeeded);
}
