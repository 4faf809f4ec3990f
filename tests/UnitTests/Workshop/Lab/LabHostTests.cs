using Opportunism.Workshop.Lab;
using Xunit;

namespace Opportunism.UnitTests.Workshop.Lab;

public sealed class LabHostTests
{
    [Fact]
    public void Hosts_are_names_with_a_kind_and_libvirt_where_none_is_said()
    {
        Assert.True(LabHost.TryParse("desktop-01=libvirt, desktop-02=fake,pc3", out var hosts, out var problem), problem);

        Assert.Equal([new("desktop-01", LabHostKind.Libvirt), new("desktop-02", LabHostKind.Fake), new("pc3", LabHostKind.Libvirt)], hosts);
    }

    [Theory]
    [InlineData("", "at least one compute host")]
    [InlineData("a=xen", "Host a is given as 'xen'; a compute host is 'libvirt' or 'fake'.")]
    [InlineData("a,b=fake,a=fake", "Host a is named twice")]
    [InlineData("../etc=fake", "'../etc'")]
    [InlineData("Desktop", "'Desktop'")]
    [InlineData("a-=fake", "'a-'")]
    [InlineData("a\n=fake", "is no name")]
    public void Words_that_are_no_hosts_are_refused_by_name(string text, string expected)
    {
        Assert.False(LabHost.TryParse(text, out _, out var problem));

        Assert.Contains(expected, problem, StringComparison.Ordinal);
    }
}
