using Opportunism.Workshop.Lab;
using Xunit;

namespace Opportunism.UnitTests.Workshop.Lab;

public sealed class LabSystemTests
{
    [Fact]
    public void Debian_12_has_the_packages() =>
        Assert.Equal("", LabSystem.Hindrance(["PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"", "VERSION_CODENAME=bookworm"]));

    [Fact]
    public void Another_system_is_named_with_what_to_do()
    {
        var hindrance = LabSystem.Hindrance(["PRETTY_NAME=\"Ubuntu 24.04.1 LTS\"", "VERSION_CODENAME=noble"]);

        Assert.Contains("this is Ubuntu 24.04.1 LTS", hindrance, StringComparison.Ordinal);
        Assert.Contains("a virtual machine with Debian 12", hindrance, StringComparison.Ordinal);
    }

    [Fact]
    public void A_system_that_does_not_say_what_it_is_is_another_one() =>
        Assert.Contains("another system", LabSystem.Hindrance([]), StringComparison.Ordinal);
}
