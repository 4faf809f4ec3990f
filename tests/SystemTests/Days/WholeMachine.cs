using Xunit;

namespace Opportunism.SystemTests.Days;

/// <summary>Tests that need the machine to themselves: a desktop beside others that run at full load is no desktop.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public static class WholeMachine
{
    public const string Name = "a day of a desktop";
}
