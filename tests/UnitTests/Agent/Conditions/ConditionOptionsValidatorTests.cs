using Opportunism.Agent.Conditions;
using Xunit;

namespace Opportunism.UnitTests.Agent.Conditions;

public sealed class ConditionOptionsValidatorTests
{
    [Fact]
    public void The_defaults_are_valid() => Assert.Empty(ConditionOptionsValidator.Problems(new()));

    [Fact]
    public void Every_problem_is_named_at_once()
    {
        var options = new ConditionOptions { Enabled = { "cpuu" } };
        var (cpu, memory) = (options.Of<CpuOptions>(), options.Of<MemoryOptions>());
        (cpu.CpuEnterPercent, cpu.CpuLeavePercent) = (90, 20);
        (memory.MemoryEnterMiB, memory.MemoryLeaveMiB, memory.MemoryCriticalMiB) = (100, 200, 1);
        var problems = ConditionOptionsValidator.Problems(options).ToList();
        Assert.Equal(4, problems.Count);
        string[] parts = ["'cpuu'", "CpuEnterPercent is 90", "MemoryLeaveMiB is 200", "MemoryCriticalMiB is 1"];
        Assert.All(parts, part => Assert.Contains(problems, problem => problem.Contains(part, StringComparison.Ordinal)));
    }

    [Fact]
    public void A_number_that_is_none_is_refused()
    {
        var options = new ConditionOptions();
        options.Of<CpuOptions>().CpuEnterPercent = double.NaN;
        Assert.Contains(
            ConditionOptionsValidator.Problems(options), problem => problem.Contains("CpuEnterPercent", StringComparison.Ordinal));
    }
}
