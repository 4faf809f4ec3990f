using Opportunism.Agent.LocalSocket;
using Xunit;

namespace Opportunism.UnitTests.Agent.LocalSocket;

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

        Assert.True(new SeatOwner(folder).SitsHere(1000));
        Assert.False(new SeatOwner(folder).SitsHere(1001));
        Assert.False(new SeatOwner(folder).SitsHere(100));
    }

    [Fact]
    public void Without_seats_nobody_sits_here() => Assert.False(new SeatOwner(Path.Combine(folder, "none")).SitsHere(1000));
}
