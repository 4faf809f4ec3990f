using Microsoft.Extensions.Time.Testing;
using Opportunism.Agent.Platform;
using Opportunism.Hypervisors.Fake;
using Xunit;

namespace Opportunism.UnitTests.Agent.Platform;

public sealed class PlatformCatalogTests
{
    private static readonly PlatformCatalog.Entry NotThisOne = new("Plan 9", () => null);

    [Fact]
    public void This_system_has_a_platform()
    {
        Assert.NotNull(PlatformCatalog.Find(out var problem));
        Assert.Empty(problem);
    }

    [Fact]
    public void A_system_that_is_not_listed_is_refused_with_a_sentence_that_names_those_that_are()
    {
        Assert.Null(PlatformCatalog.Find([NotThisOne, new("Inferno", () => null)], out var problem));
        Assert.Equal("only Plan 9 and Inferno are supported yet.", problem);
        Assert.Null(PlatformCatalog.Find([NotThisOne], out problem));
        Assert.Equal("only Plan 9 is supported yet.", problem);
    }

    [Fact]
    public void A_second_platform_is_one_line_more()
    {
        var second = new FakePlatform(new FakeMachine(new FakeTimeProvider()));
        Assert.Same(second, PlatformCatalog.Find([NotThisOne, new("fake", () => second)], out _));
    }
}
