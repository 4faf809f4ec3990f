using System.Text;
using CsCheck;
using Opportunism.Agent.Monitors.Linux;
using Xunit;

namespace Opportunism.UnitTests.Agent.Monitors;

public sealed class XAuthorityTests
{
    private static readonly byte[] Cookie = [.. Enumerable.Range(1, 16).Select(i => (byte)i)];

    [Fact]
    public void The_cookie_of_the_display_is_found_among_others()
    {
        byte[] file = [
            .. Entry("5", "MIT-MAGIC-COOKIE-1", new byte[16]), .. Entry("7", "MIT-MAGIC-COOKIE-1", Cookie),
            .. Entry("7", "XDM-AUTHORIZATION-1", new byte[16])];
        Assert.Equal(Cookie, Assert.Single(XAuthority.Cookies(file, 7)));
    }

    [Fact]
    public void An_entry_without_a_number_fits_every_display() =>
        Assert.Equal(Cookie, Assert.Single(XAuthority.Cookies(Entry("", "MIT-MAGIC-COOKIE-1", Cookie), 7)));

    [Fact]
    public void A_cookie_of_another_length_is_none() =>
        Assert.Empty(XAuthority.Cookies(Entry("", "MIT-MAGIC-COOKIE-1", new byte[300]), 7));

    [Fact]
    public void Any_bytes_are_read_without_failing() =>
        Gen.Byte.Array[0, 200].Sample(file => XAuthority.Cookies(file, 0).All(cookie => cookie.Length == 16));

    private static byte[] Entry(string number, string protocol, byte[] cookie) =>
        [
            1, 0, .. Field(Encoding.ASCII.GetBytes("desk")), .. Field(Encoding.ASCII.GetBytes(number)),
            .. Field(Encoding.ASCII.GetBytes(protocol)), .. Field(cookie)];

    private static byte[] Field(byte[] bytes) => [(byte)(bytes.Length >> 8), (byte)bytes.Length, .. bytes];
}
