using Microsoft.Extensions.Logging.Abstractions;
using Opportunism.Agent.Availability;
using Opportunism.Agent.Conditions;
using Opportunism.Agent.Monitors;
using Opportunism.Contracts.Nodes;
using Opportunism.Core;
using Opportunism.Core.Availability;
using Opportunism.UnitTests.Agent.Monitors;

namespace Opportunism.UnitTests.Agent.Availability;

/// <summary>The deciding thread's loop with a clock, memory, sleep and guests that a test sets; the test takes its steps.</summary>
internal sealed class DecidingSite : IAsyncDisposable, IMemoryReader, IWakeUp
{
    private readonly CancellationTokenSource stop = new();
    private Task watching = Task.CompletedTask;

    private DecidingSite(bool fits, WithoutSeat withoutSeat)
    {
        Ledger = new ActivityLedger(Time);
        Watch = new MonitorWatch([Monitor], Ledger, Time, NullLogger<MonitorWatch>.Instance, withoutSeat);
        var upcoming = new UpcomingGuests(Guests, Plan);
        Conditions = new ConditionSet(
            [new MemoryCondition(this, Threshold.AtLeast(1024, 512), 256, 25, () => !fits || Loop!.Lends ? 0 : upcoming.MiB(), Pressure)]);
        Policy = new(new(false, Times));
        Loop = new AvailabilityLoop(
            Ledger, Watch, Conditions, new GuestBrake(Guests, BrakeTimes.Default, Time, Time.Pass), Guests,
            Policy, this, Time, this, new DecisionLog(this, NullLogger<DecisionLog>.Instance), () => Asleep, upcoming.Any);
        Ledger.Woken = Loop;
    }

    public static AvailabilityTimes Times { get; } = new();

    public FakeClock Time { get; } = new();

    public FakeGuests Guests { get; } = new();

    public ScriptedMonitor Monitor { get; } = new("scripted");

    public ActivityLedger Ledger { get; }

    public MonitorWatch Watch { get; }

    public ConditionSet Conditions { get; }

    public MemoryPressure Pressure { get; } = new();

    public Level<NodePlan> Plan { get; } = new(new NodePlan());

    public Level<NodeFlags> Policy { get; }

    public AvailabilityLoop Loop { get; }

    public double AvailableMiB { get; set; } = 7000;

    public TimeSpan Asleep { get; set; }

    /// <summary>What guests were when the memory was read last: frozen, and with the rank of any other program.</summary>
    public (bool Frozen, bool Prompt) SeenAtLastReading { get; private set; }

    /// <summary>How often one of the three threads was woken.</summary>
    public int Wakes { get; private set; }

    /// <summary>What the other threads are shown.</summary>
    public NodeStatus Shown
    {
        get
        {
            Loop.Publisher.Step();
            return Loop.Status.Current;
        }
    }

    /// <param name="fits">Whether the memory of guests that are about to be resumed counts.</param>
    /// <param name="withoutSeat">What to do where there is nothing to watch.</param>
    public static async Task<DecidingSite> MakeAsync(bool fits = true, WithoutSeat withoutSeat = WithoutSeat.Refuse)
    {
        var site = new DecidingSite(fits, withoutSeat);
        site.watching = site.Watch.WatchAsync(site.stop.Token);
        await site.Monitor.StartedAsync();
        await site.Watch.LookAsync(site.stop.Token);
        site.Loop.Step();
        return site;
    }

    /// <summary>Lets time pass, as the loop asks for it, until at least so much has passed.</summary>
    public void Pass(TimeSpan time, Action? eachStep = null)
    {
        var end = Time.GetTimestamp() + time.Ticks;
        while (Time.GetTimestamp() < end)
        {
            var left = TimeSpan.FromTicks(end - Time.GetTimestamp());
            var wait = Loop.Step() ?? left;
            Time.Pass(wait < left ? wait : left);
            eachStep?.Invoke();
        }

        Loop.Step();
    }

    MemoryReading? IMemoryReader.Read()
    {
        SeenAtLastReading = (Guests.Frozen, Guests.Prompt);
        return new(AvailableMiB, 8192);
    }

    void IWakeUp.Wake() => Wakes++;

    void IWakeUp.Wait(TimeSpan? atMost) => throw new InvalidOperationException("The test takes the steps.");

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await watching;
        stop.Dispose();
    }
}
