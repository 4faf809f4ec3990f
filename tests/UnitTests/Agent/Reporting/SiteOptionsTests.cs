using Opportunism.Agent.Enrolment;
using Xunit;

namespace Opportunism.UnitTests.Agent.Reporting;

public sealed class SiteOptionsTests
{
    [Theory]
    [InlineData("Lab3-PC07", "lab3-pc07")]
    [InlineData("desk_12", "desk-12")]
    [InlineData("---", "desktop")]
    [InlineData("büro.example", "b-ro.example")]
    public void A_host_name_becomes_a_node_name(string host, string name) => Assert.Equal(name, SiteOptions.DefaultName(host));

    [Theory]
    [InlineData("http://cloud.example.org:7443")]
    [InlineData("https://cloud.example.org:7443/v1")]
    [InlineData("https://me:secret@cloud.example.org")]
    public void An_address_that_is_not_plainly_a_controllers_is_refused(string address) =>
        Assert.Contains(
            "Controller is", Assert.Single(new SiteOptions { Controller = new Uri(address), NodeName = "n" }.Problems()),
            StringComparison.Ordinal);

    [Fact]
    public void All_problems_are_named_at_once() =>
        Assert.Equal(3, new SiteOptions { JoinTokenFile = "join", NodeName = "Upper", ReportEvery = TimeSpan.Zero }.Problems().Count());
}
