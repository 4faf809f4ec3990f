using System.Runtime.Versioning;
using Microsoft.Extensions.Logging.Abstractions;
using Opportunism.Agent.Conditions;
using Opportunism.Agent.Conditions.Linux;
using Xunit;

namespace Opportunism.UnitTests.Agent.Conditions;

[SupportedOSPlatform("linux")]
public sealed class ConditionCatalogTests
{
    private readonly SnoozeCondition snooze = new("/nowhere/snooze", TimeProvider.System, loop: null, NullLogger<SnoozeCondition>.Instance);

    private ConditionSources Sources =>
        new(snooze, () => 0, TimeProvider.System, () => new ProcCpuReader(), () => new ProcMemoryReader());

    [Fact]
    public void Memory_with_one_edge_for_both_ways_holds_while_more_is_free()
    {
        var options = new ConditionOptions { Enabled = { "memory" } };
        var own = options.Of<MemoryOptions>();
        (own.MemoryEnterMiB, own.MemoryLeaveMiB, own.MemoryCriticalMiB) = (16, 16, 16);
        var memory = Assert.Single(ConditionCatalog.Create(options, Sources));

        memory.Sample(0);
        memory.Sample(1);

        Assert.True(memory.Holds, memory.Sentence);
    }

    [Fact]
    public void All_are_made_in_their_order_where_none_is_named()
    {
        Assert.Equal(
            ConditionCatalog.Names,
            ConditionCatalog.Create(new(), Sources).Select(condition => condition.Name));
    }
}
