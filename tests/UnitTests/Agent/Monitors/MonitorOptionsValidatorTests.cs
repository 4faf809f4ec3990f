using Opportunism.Agent.Monitors;
using Xunit;

namespace Opportunism.UnitTests.Agent.Monitors;

public sealed class MonitorOptionsValidatorTests
{
    private static readonly string[] Known = ["input", "x11"];

    [Fact]
    public void The_defaults_are_valid() => Assert.Empty(MonitorOptionsValidator.Problems(new(), Known));

    [Fact]
    public void Every_problem_is_named_at_once()
    {
        var options = new MonitorOptions { Enabled = { "input", "input", "inptu" }, Ignore = { "", "*", "a*b", "Wacom*" } };
        var problems = MonitorOptionsValidator.Problems(options, Known).ToList();
        Assert.Equal(5, problems.Count);
        Assert.Contains(
            problems,
            problem => problem.Contains("'inptu'", StringComparison.Ordinal) && problem.Contains("input, x11", StringComparison.Ordinal));
        Assert.Contains(problems, problem => problem.Contains("2 times", StringComparison.Ordinal));
        Assert.Contains(problems, problem => problem.Contains("'a*b'", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Wacom Pen", "Wacom Pen", true)]
    [InlineData("Wacom*", "Wacom Pen", true)]
    [InlineData("Wacom", "Wacom Pen", false)]
    [InlineData(":9*", ":99", true)]
    [InlineData("wacom*", "Wacom Pen", false)]
    public void A_name_is_ignored_exactly_or_by_its_beginning(string pattern, string name, bool ignored) =>
        Assert.Equal(ignored, new IgnoreList([pattern]).Has(name));
}
