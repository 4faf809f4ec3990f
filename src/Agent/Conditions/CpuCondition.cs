using Opportunism.Core.Availability;

namespace Opportunism.Agent.Conditions;

/// <summary>Holds while everything that is not a guest leaves most of the CPUs idle, so that a long computation of the owner's is not
/// disturbed.</summary>
/// <param name="cpu">The machine's counters.</param>
/// <param name="guestNanoseconds">CPU time that all guests together have used so far; a fall (a guest has ended) counts as none
/// used.</param>
/// <param name="limit">Percent of all CPUs.</param>
/// <param name="time">What the samples' time stamps belong to.</param>
/// <remarks>Running guests are frozen only when the load is beyond the limit at two samples in a row: a package update's five
/// seconds do not justify a freeze, and guests run at idle priority, so the delay does not slow the owner's program.</remarks>
internal sealed class CpuCondition(ICpuReader cpu, Func<long> guestNanoseconds, Threshold limit, TimeProvider time) : ICondition
{
    // One sample (5 s) may be a short peak, two (10 s) are work.
    private const int BadSamplesToFail = 2;

    // Each change on a node samples all conditions again, many times in a second while guests start. The kernel counts in
    // hundredths of a second, so a sample a moment later has no information; and only samples this far apart show that the load lasts.
    private static readonly TimeSpan Least = ICondition.SampledEvery / 2;

    private CpuTimes? before;
    private long guestsBefore;
    private long sampledAt;
    private double? percent;
    private int badSamples;

    /// <inheritdoc/>
    public string Name => "cpu";

    /// <inheritdoc/>
    public bool Holds { get; private set; }

    /// <inheritdoc/>
    public string Sentence => percent is { } used
        ? $"the owner's programs use {used:0} % of the CPUs; guests start at {limit.Enter:0} % or less and are frozen above "
            + $"{limit.Leave:0} %"
        : "the CPU use is not known yet";

    /// <inheritdoc/>
    public string Remedy => percent is null
        ? "It is known after two readings, within 10 s. If it stays unknown, the agent cannot read the CPU counters (/proc/stat)."
        : "Wait until the programs that use the CPUs are done, or raise CpuEnterPercent and CpuLeavePercent in [Conditions].";

    /// <inheritdoc/>
    public void Sample(long now)
    {
        if (before is not null && time.GetElapsedTime(sampledAt, now) < Least) return;
        sampledAt = now;
        var guests = guestNanoseconds();
        var times = cpu.Read();
        percent = times is { } after && before is { } earlier ? Owners(after, earlier, guests - guestsBefore) : null;
        (before, guestsBefore) = (times, guests);

        var good = limit.Holds(Holds, percent);
        badSamples = good ? 0 : badSamples + 1;
        Holds = good || (Holds && percent is not null && badSamples < BadSamplesToFail);
    }

    private static double? Owners(CpuTimes now, CpuTimes before, long guestNanoseconds)
    {
        var total = now.Total - before.Total;
        if (total <= TimeSpan.Zero) return null;
        var owners = now.Busy - before.Busy - TimeSpan.FromTicks(Math.Max(0, guestNanoseconds) / TimeSpan.NanosecondsPerTick);
        return Math.Clamp(owners / total * 100, 0, 100);
    }
}
