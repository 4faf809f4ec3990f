using Opportunism.Hypervisors.Linux;
using Xunit;

namespace Opportunism.UnitTests.Hypervisors;

public sealed class UserRangeTests
{
    [Theory]
    [InlineData("70000-70255")]
    [InlineData("1000-1000")]
    [InlineData("65536-69631")]
    public void A_range_is_read_as_it_is_written(string text)
    {
        Assert.True(UserRange.TryParse(text, out var range));
        Assert.Equal(text, range.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("70000")]
    [InlineData("0-10")]
    [InlineData("999-1001")]
    [InlineData("70255-70000")]
    [InlineData("65530-65540")]
    [InlineData("70000-80000")]
    [InlineData("4294967290-4294967295")]
    [InlineData("-1-5")]
    [InlineData("70000-70255-1")]
    [InlineData("a-b")]
    public void What_could_be_another_users_is_refused(string text) => Assert.False(UserRange.TryParse(text, out _));

    [Fact]
    public void The_lowest_number_that_is_not_taken_is_free()
    {
        var range = new UserRange(5000, 5002);
        Assert.Equal(5000u, range.FirstFree(new HashSet<uint>()));
        Assert.Equal(5001u, range.FirstFree(new HashSet<uint> { 5000, 5002 }));
        Assert.Null(range.FirstFree(new HashSet<uint> { 5000, 5001, 5002 }));
    }

    [Fact]
    public void A_user_of_the_machine_in_the_range_is_found()
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(file, "root:x:0:0::/root:/bin/sh\nann:x:5001:100::/home/ann:/bin/sh\nbroken\n");
        Assert.Equal("ann", new UserRange(5000, 5002).UserIn(file));
        Assert.Null(new UserRange(5002, 5010).UserIn(file));
        File.Delete(file);
    }
}
