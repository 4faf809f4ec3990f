using Opportunism.Core;
using Xunit;

namespace Opportunism.UnitTests.Core;

public sealed class NamesTests
{
    [Theory]
    [InlineData("desk-07", true)]
    [InlineData("a", true)]
    [InlineData("lab3.example", true)]
    [InlineData("", false)]
    [InlineData(null, false)]
    [InlineData("-x", false)]
    [InlineData("A", false)]
    [InlineData("a..b", false)]
    [InlineData("a/b", false)]
    [InlineData("a\n", false)]
    public void Only_names_that_are_safe_everywhere_are_node_ids(string? text, bool allowed) =>
        Assert.Equal(allowed, NodeId.TryParse(text, out _));

    [Fact]
    public void A_name_may_be_as_long_as_a_dns_label()
    {
        Assert.True(Names.IsDnsLike(new string('a', 63)));
        Assert.False(Names.IsDnsLike(new string('a', 64)));
    }

    [Theory]
    [InlineData("0123456789abcdef0123456789abcdef", true)]
    [InlineData("0123456789ABCDEF0123456789abcdef", false)]
    [InlineData("../3456789abcdef0123456789abcdef", false)]
    [InlineData("", false)]
    public void A_guest_id_names_a_folder_and_nothing_else(string text, bool allowed) =>
        Assert.Equal(allowed, GuestId.TryParse(text, out _));
}
