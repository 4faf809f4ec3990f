using Opportunism.Agent.Monitors;

namespace Opportunism.TestKit.Conformance;

/// <summary>A monitor that runs, here or on another machine, as the conformance suite sees it.</summary>
public interface IMonitorRun : IAsyncDisposable
{
    /// <summary>How often the monitor has said that the owner was seen.</summary>
    Task<int> SightingsAsync();

    /// <summary>Waits until it has said so more than that many times; false when the time is over.</summary>
    Task<bool> SeesMoreThanAsync(int sightings, TimeSpan within);

    /// <summary>Latest moment at which the owner was seen, as time that has passed until now.</summary>
    Task<TimeSpan> LastSeenAgoAsync();

    /// <summary>Asks the monitor what it sees.</summary>
    Task<MonitorStatus> LookAsync();

    /// <summary>How often the monitor's thread has gone to sleep until now.</summary>
    Task<long> SleepsAsync();

    /// <summary>Most bytes that the monitor's thread allocated between two sightings of a storm.</summary>
    Task<long> AllocatedBetweenSightingsAsync();

    /// <summary>Forgets what was allocated so far.</summary>
    Task StartMeasuringAllocationsAsync();

    /// <summary>Cancels the monitor and waits for its end; false when it has not ended in time.</summary>
    Task<bool> StopsAsync(TimeSpan within);
}
