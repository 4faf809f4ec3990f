using Opportunism.Agent.Availability;

namespace Opportunism.UnitTests.Agent.Reporting;

/// <summary>Wakes no thread: these tests decide nothing.</summary>
internal sealed class SilentWakeUp : IWakeUp
{
    public void Wake()
    {
    }

    public void Wait(TimeSpan? atMost)
    {
    }
}
