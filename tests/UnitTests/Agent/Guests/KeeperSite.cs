using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Opportunism.Agent.Availability;
using Opportunism.Agent.Guests;
using Opportunism.Contracts.Nodes;
using Opportunism.Core;
using Opportunism.Core.Availability;
using Opportunism.Core.Guests;
using Opportunism.Hypervisors;
using Opportunism.Hypervisors.Fake;
using Opportunism.TestKit.Guests;
using Xunit;

namespace Opportunism.UnitTests.Agent.Guests;

/// <summary>A keeper over an imagined machine, a brake that does what the deciding thread does, and one place that moves time.</summary>
internal sealed class KeeperSite : IAsyncDisposable
{
    // What the keeper writes goes through to the disk, which takes seconds where others keep the disk busy.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly string folder;
    private readonly bool isOwnFolder;
    private readonly CancellationTokenSource stop = new();
    private readonly Dictionary<string, GuestPlan> plans = [];
    private ulong version;
    private Task running = Task.CompletedTask;

    /// <param name="folder">Where the agent keeps its state; null for a new folder.</param>
    public KeeperSite(string? folder = null)
    {
        isOwnFolder = folder is null;
        this.folder = folder ?? Directory.CreateTempSubdirectory("opp-keeper-").FullName;
        Machine = new FakeMachine(Time);
        Hypervisor = new FakeHypervisor(Machine, Time);
        Node = new Level<NodeStatus>(StatusOf(NodeState.InUse));
        Image = Files.Add([.. Enumerable.Range(0, 5000).Select(i => (byte)i)]);
    }

    public FakeTimeProvider Time { get; } = new();

    public FakeMachine Machine { get; }

    public FakeHypervisor Hypervisor { get; private set; }

    public ImaginedSiteFiles Files { get; } = new();

    public Level<NodeStatus> Node { get; }

    public Level<NodePlan> Plan { get; private set; } = new(new NodePlan());

    public GuestKeeper Keeper { get; private set; } = null!;

    public string Image { get; }

    public int KeepFreeMiB { get; init; }

    public GuestOptions Options => new()
    {
        Hypervisor = "fake",
        StateFolder = folder,
        MaxMemoryMiB = 512,
        MaxVcpus = 8,
        KeepFreeMiB = KeepFreeMiB,
    };

    public async Task StartAsync()
    {
        Keeper = new GuestKeeper(Hypervisor, Node, Plan, Files, Options, Time, NullLogger<GuestKeeper>.Instance);
        await Keeper.PrepareAsync(stop.Token);
        running = Keeper.RunAsync(stop.Token);
    }

    /// <summary>The agent dies and a new one starts, with no controller to be reached.</summary>
    /// <param name="meanwhile">What happens while nobody looks.</param>
    public async Task RestartAsync(Action? meanwhile = null)
    {
        await stop.CancelAsync();
        await running;
        meanwhile?.Invoke();
        Assert.True(stop.TryReset() || stop.IsCancellationRequested);
        Hypervisor = new FakeHypervisor(Machine, Time);
        Plan = new Level<NodePlan>(new NodePlan());
        Node.Set(StatusOf(NodeState.InUse));
        Keeper = new GuestKeeper(Hypervisor, Node, Plan, Files, Options, Time, NullLogger<GuestKeeper>.Instance);
        await Keeper.PrepareAsync(CancellationToken.None);
        second = new CancellationTokenSource();
        running = Keeper.RunAsync(second.Token);
    }

    private CancellationTokenSource? second;

    /// <summary>As the deciding thread does it: the brake first, then everybody is told.</summary>
    public void Enter(NodeState state, bool mayLoad = false)
    {
        if (state is NodeState.Frozen or NodeState.Evicting && Node.Current.State == NodeState.Available) Machine.FreezeAll();
        if (state == NodeState.Available) Machine.ThawAll();

        // No two states begin at the same moment.
        Time.Advance(TimeSpan.FromTicks(1));
        Node.Set(StatusOf(state) with { MayLoad = mayLoad });
    }

    /// <summary>The countdown before the node lends begins or ends; the node's state stays.</summary>
    public void Countdown(bool mayLoad) => Node.Set(Node.Current with { MayLoad = mayLoad });

    /// <summary>Puts a guest into the plan, or changes what the plan says of it.</summary>
    public GuestId Wish(GuestWish wish, GuestId? known = null, Action<GuestPlan>? change = null)
    {
        var id = known ?? GuestId.New();
        if (!plans.TryGetValue(id.Value, out var plan))
        {
            plan = new GuestPlan
            {
                GuestId = id.Value,
                Name = "guest",
                EvictionPolicy = "suspend",
                Vcpus = 1,
                MemoryMib = 128,
                DiskMib = 1,
                ImageSha256 = Image,
                ImageFormat = "Raw",
                ImageBytes = 5000,
                Generation = 1,
            };
        }

        plan = plan.Clone();
        plan.Wish = wish.ToString();
        change?.Invoke(plan);
        plans[id.Value] = plan;
        Send();
        return id;
    }

    public void Drop(GuestId id)
    {
        plans.Remove(id.Value);
        Send();
    }

    public void Send(params GuestPlan[] more) => Plan.Set(new NodePlan { Version = ++version, Guests = { plans.Values, more } });

    public GuestStatus? StatusOf(GuestId id) => Hypervisor.Guests.FirstOrDefault(guest => guest.Id == id);

    public GuestReport? ReportOf(GuestId id) => Keeper.Reports.Current.Guests.FirstOrDefault(guest => guest.GuestId == id.Value);

    /// <summary>Lets time pass in small steps until something is so.</summary>
    public async Task UntilAsync(Func<bool> so, string what)
    {
        var step = TimeSpan.FromMilliseconds(50);
        var began = TimeProvider.System.GetTimestamp();
        while (!so())
        {
            Assert.True(
                TimeProvider.System.GetElapsedTime(began) < Patience,
                $"Not so: {what}. Node {Node.Current.State}; guests: "
                + $"{string.Join("; ", Hypervisor.Guests.Select(guest => $"{guest.Phase} '{guest.Sentence}'"))}; reports: "
                + $"{string.Join("; ", Keeper.Reports.Current.Guests)}");
            Time.Advance(step);
            // The keeper works on other threads; this gives them the processor.
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }
    }

    public Task UntilAsync(GuestId id, GuestPhase phase) => UntilAsync(() => StatusOf(id)?.Phase == phase, $"guest {id} is {phase}");

    /// <summary>A guest that runs.</summary>
    public async Task<GuestId> RunningAsync(Action<GuestPlan>? change = null)
    {
        if (Node.Current.State != NodeState.Available) Enter(NodeState.Available);
        var id = Wish(GuestWish.Running, change: change);
        await UntilAsync(id, GuestPhase.Running);
        return id;
    }

    /// <summary>Lets time pass and sees that no guest uses any.</summary>
    public async Task AssertNothingRunsAsync(TimeSpan during)
    {
        var before = Machine.GuestCpuNanoseconds();
        for (var passed = TimeSpan.Zero; passed < during; passed += TimeSpan.FromMilliseconds(100))
        {
            Time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }

        Assert.Equal(before, Machine.GuestCpuNanoseconds());
    }

    /// <summary>Lets time pass and sees that none of these guests comes into memory.</summary>
    public async Task AssertNothingStartsAsync(params GuestId[] guests)
    {
        for (var looks = 0; looks < 50; looks++)
        {
            Time.Advance(TimeSpan.FromMilliseconds(200));
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
            Assert.DoesNotContain(Hypervisor.Guests, guest => guests.Contains(guest.Id) && guest.InMemory);
        }
    }

    /// <summary>Lets time pass and sees that a guest does not go on.</summary>
    public async Task AssertNothingStartsRunningAsync(GuestId id)
    {
        for (var looks = 0; looks < 50; looks++)
        {
            Time.Advance(TimeSpan.FromMilliseconds(200));
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
            Assert.NotEqual(GuestPhase.Running, StatusOf(id)!.Phase);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        if (second is not null) await second.CancelAsync();
        await running;
        stop.Dispose();
        second?.Dispose();
        if (isOwnFolder) Directory.Delete(folder, recursive: true);
    }

    private NodeStatus StatusOf(NodeState state) =>
        new(state, new Reason(ReasonCode.Starting), Time.GetUtcNow(), Time.GetTimestamp(), new AvailabilityTimes());
}
