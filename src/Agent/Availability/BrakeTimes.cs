namespace Opportunism.Agent.Availability;

/// <summary>How long each brake may take before the next, cruder one is used.</summary>
/// <param name="Freeze">For the kernel's freezer.</param>
/// <param name="Signal">For SIGSTOP, after the freezer missed its deadline.</param>
/// <param name="Kill">For SIGKILL, after SIGSTOP missed its deadline.</param>
/// <param name="Look">Between two reads of the guests' CPU clocks; two equal ones mean that the guests are halted.</param>
internal sealed record BrakeTimes(TimeSpan Freeze, TimeSpan Signal, TimeSpan Kill, TimeSpan Look)
{
    /// <summary>Ten times the slowest freeze measured with eight busy guests (8.4 ms p99); SIGSTOP is cruder, and a killed guest loses
    /// work.</summary>
    public static BrakeTimes Default { get; } =
        new(TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(0.3));
}
