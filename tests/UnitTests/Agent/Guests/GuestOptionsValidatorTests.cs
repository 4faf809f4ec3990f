using Opportunism.Agent.Guests;
using Opportunism.Hypervisors.Libvirt;
using Opportunism.Hypervisors.Qemu;
using Xunit;

namespace Opportunism.UnitTests.Agent.Guests;

public sealed class GuestOptionsValidatorTests
{
    [Fact]
    public void The_defaults_are_allowed() => Assert.Empty(GuestOptionsValidator.Problems(new GuestOptions()));

    [Fact]
    public void All_problems_are_named_at_once()
    {
        var options = new GuestOptions
        {
            Hypervisor = "qmeu",
            StateFolder = "relative",
            RamFolder = "/dev/../etc",
            Cgroup = "/absolute",
            MaxMemoryMiB = -1,
            MaxVcpus = -1,
            CheckpointBytesPerSecond = 0,
            TransferBytesPerSecond = 0,
            OwnerNetworkBytesPerSecond = 0,
            ShutdownPatience = TimeSpan.FromDays(1),
            KeepFreeMiB = -1,
        };
        var qemu = options.Own.Values.OfType<QemuOptions>().Single();
        (qemu.RunAs, qemu.RunAsRange) = ("root", "5-1");
        var libvirt = options.Own.Values.OfType<LibvirtOptions>().Single();
        (libvirt.LibvirtUri, libvirt.LibvirtFolder) = ("http://localhost/system", "run/libvirt");
        var problems = GuestOptionsValidator.Problems(options).ToArray();
        Assert.Equal(15, problems.Length);
        var keys = new object[] { options, qemu, libvirt }.SelectMany(own => own.GetType().GetProperties())
            .Where(property => property.CanWrite && !property.PropertyType.IsEnum).Select(property => property.Name);
        foreach (var key in keys)
        {
            var section = key == nameof(GuestOptions.StateFolder) ? "Agent" : "Guests";
            Assert.Contains(problems, problem => problem.StartsWith($"[{section}] {key} is ", StringComparison.Ordinal));
        }
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
