using Opportunism.Core;
using Opportunism.Hypervisors.Libvirt;
using Xunit;

namespace Opportunism.UnitTests.Hypervisors;

public sealed class DomainFileTests
{
    private const string Uuid = "11111111-2222-3333-4444-555555555555";

    [Theory]
    [InlineData("running", "booted", DomainState.Running)]
    [InlineData("running", "restored", DomainState.Running)]
    [InlineData("paused", "user", DomainState.Paused)]
    [InlineData("paused", "migration", DomainState.Paused)]
    [InlineData("paused", "starting up", DomainState.Starting)]
    [InlineData("pmsuspended", "unknown", DomainState.Paused)]
    [InlineData("shutdown", "user", DomainState.Running)]
    [InlineData("something new", "", DomainState.Running)]
    public void A_status_file_says_who_runs_as_which_process(string state, string reason, object expected)
    {
        var domain = DomainFile.Parse(new StringReader(Status(state, reason)));

        Assert.Equal(expected, domain.State);
        Assert.Equal((GuestId.Parse("11111111222233334444555555555555"), Uuid, 4711), (domain.Id, domain.Uuid, domain.Pid));
        Assert.Equal(("instance-00000001", 2, 512), (domain.Spec.Name, domain.Spec.Vcpus, domain.Spec.MemoryMiB));
    }

    [Theory]
    [InlineData("")]
    [InlineData("<domstatus state='running' pid='1'>")]
    [InlineData("<domstatus state='running' pid='1'/>")]
    [InlineData("<network><name>default</name></network>")]
    [InlineData("<domstatus state='running' pid='one'><domain><uuid>11111111-2222-3333-4444-555555555555</uuid></domain></domstatus>")]
    [InlineData("<domstatus state='running' pid='1'><domain><uuid>../../etc</uuid></domain></domstatus>")]
    [InlineData("<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><domstatus state='running' pid='1'/>")]
    public void What_is_no_status_file_is_told_from_one(string text) =>
        Assert.ThrowsAny<FormatException>(() => DomainFile.Parse(new StringReader(text)));

    /// <summary>As libvirt 9.0 writes it, shortened.</summary>
    private static string Status(string state, string reason) => $"""
        <!--
        WARNING: THIS IS AN AUTO-GENERATED FILE. CHANGES TO IT ARE LIKELY TO BE OVERWRITTEN AND LOST.
        -->

        <domstatus state='{state}' reason='{reason}' pid='4711'>
          <taint flag='high-privileges'/>
          <monitor path='/var/lib/libvirt/qemu/domain-1-instance-00000001/monitor.sock' type='unix'/>
          <vcpus>
            <vcpu id='0' pid='4714'/>
          </vcpus>
          <domain type='qemu' id='1'>
            <name>instance-00000001</name>
            <uuid>{Uuid}</uuid>
            <metadata>
              <nova:instance xmlns:nova="http://openstack.org/xmlns/libvirt/nova/1.1"><nova:name>tenant's</nova:name><name>not this one</name></nova:instance>
            </metadata>
            <memory unit='KiB'>524288</memory>
            <currentMemory unit='KiB'>524288</currentMemory>
            <vcpu placement='static'>2</vcpu>
            <devices/>
          </domain>
        </domstatus>
        """;
}
