using Opportunism.Clouds.OpenStack;
using Opportunism.Core;
using Xunit;

namespace Opportunism.UnitTests.Clouds.OpenStack;

public sealed class HostMapTests
{
    [Theory]
    [InlineData("", "pc-1", null)]
    [InlineData("pc-1", "pc-1", "pc-1")]
    [InlineData("pc-1", "pc-12", null)]
    [InlineData("pc-*", "pc-12", "pc-12")]
    [InlineData("pc-*", "dedicated-1", null)]
    [InlineData("*", "dedicated-1", "dedicated-1")]
    [InlineData("pc-*=pc-*.example.org", "pc-12", "pc-12.example.org")]
    [InlineData("*=*.example.org", "lab.pc-1", "lab.pc-1.example.org")]
    [InlineData("*, pc-*=compute-*, pc-12=last", "pc-12", "last")]
    [InlineData("*, pc-*=compute-*, pc-12=last", "pc-1", "compute-1")]
    [InlineData("*, pc-*=compute-*, pc-12=last", "lab-1", "lab-1")]
    public void A_node_has_the_host_that_the_operator_gave_it(string setting, string node, string? host)
    {
        Assert.Empty(HostMap.Problems(setting));
        Assert.Equal(host, new HostMap(setting).Of(NodeId.Parse(node)));
    }

    [Theory]
    [InlineData("pc-1=")]
    [InlineData("pc-*=compute")]
    [InlineData("pc-1=compute-*")]
    [InlineData("pc-*=*-*")]
    [InlineData("PC-1")]
    [InlineData("p*c")]
    [InlineData("=compute")]
    [InlineData("pc-1=a b")]
    [InlineData("pc-1=a, pc-2=a")]
    [InlineData("pc-*=x-*, lab-*=x-*")]
    public void What_is_no_host_or_the_host_of_two_nodes_is_refused(string setting) => Assert.Single(HostMap.Problems(setting));
}
