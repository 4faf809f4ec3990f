using Opportunism.Workshop.Lab;
using Xunit;

namespace Opportunism.UnitTests.Workshop.Lab;

public sealed class LabPlaceTests
{
    [Fact]
    public void Labs_in_different_folders_have_different_cgroups()
    {
        LabPlace[] places = [new(LabPlace.DefaultState, "/t"), new("/var/tmp/lab", "/t"), new("/var/tmp/lab2", "/t")];

        Assert.Equal(3, places.Select(place => place.Cgroup).Distinct().Count());
    }
}
