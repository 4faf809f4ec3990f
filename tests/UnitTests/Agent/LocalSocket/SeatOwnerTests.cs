using System.Runtime.Versioning;
using Opportunism.Agent.LocalSocket;
using Opportunism.Agent.LocalSocket.Linux;
using Xunit;

namespace Opportunism.UnitTests.Agent.LocalSocket;

[SupportedOSPlatform("linux")]
public sealed class SeatOwnerTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("seats").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void The_user_of_a_seats_active_session_sits_here_and_no_other()
    {
        File.WriteAllText(
            Path.Combine(folder, "seat0"),
            "# This is private data.\nIS_SEAT0=1\nACTIVE=2\nACTIVE_UID=1000\nSESSIONS=2 c1\nUIDS=1000 1001\n");

        Assert.True(new SeatOwner(folder).SitsHere(User("1000")));
        Assert.False(new SeatOwner(folder).SitsHere(User("1001")));
        Assert.False(new SeatOwner(folder).SitsHere(User("100")));
    }

    [Fact]
    public void A_user_without_a_number_does_not_sit_here()
    {
        File.WriteAllText(Path.Combine(folder, "seat0"), "ACTIVE_UID=\n");

        Assert.False(new SeatOwner(folder).SitsHere(User("")));
        Assert.False(new SeatOwner(folder).SitsHere(User("S-1-5-21-1000")));
    }

    [Fact]
    public void Without_seats_nobody_sits_here() => Assert.False(new SeatOwner(Path.Combine(folder, "none")).SitsHere(User("1000")));

    private static LocalUser User(string id) => new(id, IsAdministrator: false);
}
