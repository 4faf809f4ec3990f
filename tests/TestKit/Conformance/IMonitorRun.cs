using Opportunism.Agent.Monitors;

namespace Opportunism.TestKit.Conformance;

/// <summary>A running monitor, in this process or on another machine, for the conformance suite.</summary>
public interface IMonitorRun : IAsyncDisposable
{
    /// <summary>How often the monitor has reported activity.</summary>
    Task<int> SightingsAsync();

    /// <summary>Waits until it has reported activity more than that many times; false when the time is over.</summary>
    Task<bool> SeesMoreThanAsync(int sightings, TimeSpan within);

    /// <summary>How long ago the latest activity was.</summary>
    Task<TimeSpan> LastSeenAgoAsync();

    /// <summary>The monitor's present status.</summary>
    Task<MonitorStatus> LookAsync();

    /// <summary>How often the monitor's thread has gone to sleep so far.</summary>
    Task<long> SleepsAsync();

    /// <summary>Most bytes that the monitor's thread allocated between two reports during a storm.</summary>
    Task<long> AllocatedBetweenSightingsAsync();

    /// <summary>Resets the count of allocated bytes.</summary>
    Task StartMeasuringAllocationsAsync();

    /// <summary>Cancels the monitor and waits for its end; false when it has not ended in time.</summary>
    Task<bool> StopsAsync(TimeSpan within);
}
