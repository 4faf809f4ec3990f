namespace Opportunism.UnitTests.Agent.Availability;

/// <summary>A clock that a test moves. Unlike that of the testing package it allocates nothing.</summary>
internal sealed class FakeClock : TimeProvider
{
    private long ticks = TimeSpan.TicksPerDay;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => ticks;

    public override DateTimeOffset GetUtcNow() => new((TimeSpan.TicksPerDay * 700_000) + ticks, TimeSpan.Zero);

    public void Pass(TimeSpan time) => ticks += time.Ticks;
}
