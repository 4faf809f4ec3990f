using Opportunism.Core.Availability;

namespace Opportunism.Agent.Conditions;

/// <summary>The owner's programs leave most of the CPUs idle.</summary>
internal sealed class CpuModule : ConditionModule
{
    /// <inheritdoc/>
    public override string Name => "cpu";

    /// <inheritdoc/>
    public override OwnConditionOptions NewOptions() => new CpuOptions();

    /// <inheritdoc/>
    public override IEnumerable<string> Problems(OwnConditionOptions options)
    {
        var own = (CpuOptions)options;
        foreach (var (key, value) in new[] { (nameof(own.CpuEnterPercent), own.CpuEnterPercent),
            (nameof(own.CpuLeavePercent), own.CpuLeavePercent) })
        {
            if (value is not (>= 1 and <= 100)) yield return $"[Conditions] {key} is {value}; allowed is 1 to 100.";
        }

        if (own.CpuEnterPercent > own.CpuLeavePercent)
            yield return $"[Conditions] CpuEnterPercent is {own.CpuEnterPercent}; allowed is at most CpuLeavePercent "
                + $"({own.CpuLeavePercent}).";
    }

    /// <inheritdoc/>
    public override ICondition Make(OwnConditionOptions options, ConditionSources sources)
    {
        var own = (CpuOptions)options;
        return new CpuCondition(
            sources.Cpu(), sources.GuestNanoseconds, Threshold.AtMost(own.CpuEnterPercent, own.CpuLeavePercent), sources.Time);
    }
}

/// <summary>Settings of section [Conditions] about the CPUs. One limit to enter and one to leave, so that no node flaps.</summary>
internal sealed class CpuOptions : OwnConditionOptions
{
    /// <summary>Guests may start to run while everything that is not a guest uses at most this much of all CPUs, in percent.</summary>
    public double CpuEnterPercent { get; set; } = 30;

    /// <summary>Guests may keep running while everything that is not a guest uses at most this much of all CPUs, in percent.</summary>
    public double CpuLeavePercent { get; set; } = 60;
}
