using Opportunism.Agent.Guests;
using Opportunism.Hypervisors;
using Xunit;

namespace Opportunism.UnitTests.Agent.Guests;

public sealed class GuestOptionsValidatorTests
{
    [Fact]
    public void The_defaults_are_allowed() => Assert.Empty(GuestOptionsValidator.Problems(new GuestOptions()));

    [Fact]
    public void All_problems_are_named_at_once()
    {
        var problems = GuestOptionsValidator.Problems(new GuestOptions
        {
            Hypervisor = "qmeu",
            StateFolder = "relative",
            RamFolder = "/dev/../etc",
            Cgroup = "/absolute",
            Own = new Dictionary<string, string>
            {
                ["RunAs"] = "root",
                ["RunAsRange"] = "5-1",
                ["Accelerator"] = "9",
                ["Network"] = "bridge",
                ["LibvirtUri"] = "http://localhost/system",
                ["LibvirtFolder"] = "run/libvirt",
            },
            MaxMemoryMiB = -1,
            MaxVcpus = -1,
            CheckpointBytesPerSecond = 0,
            TransferBytesPerSecond = 0,
            OwnerNetworkBytesPerSecond = 0,
            ShutdownPatience = TimeSpan.FromDays(1),
            KeepFreeMiB = -1,
        }).ToArray();
        Assert.Equal(17, problems.Length);
        var keys = typeof(GuestOptions).GetProperties().Select(property => property.Name).Where(key => key != nameof(GuestOptions.Own))
            .Concat(HypervisorCatalog.All.SelectMany(module => module.Keys));
        foreach (var key in keys) Assert.Contains(problems, problem => problem.StartsWith($"[Guests] {key} is ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("..")]
    [InlineData("a//b")]
    [InlineData("a/../b")]
    [InlineData("a b")]
    [InlineData("a/b/c/d/e")]
    [InlineData("")]
    public void A_cgroup_stays_below_its_mount(string cgroup) =>
        Assert.NotEmpty(GuestOptionsValidator.Problems(new GuestOptions { Cgroup = cgroup }));

    [Fact]
    public void A_state_folder_leaves_room_for_the_sockets_names() =>
        Assert.NotEmpty(GuestOptionsValidator.Problems(new GuestOptions { StateFolder = "/" + new string('a', 50) }));
}
