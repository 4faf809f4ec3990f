using System.Runtime.Versioning;
using Microsoft.Extensions.Logging.Abstractions;
using Opportunism.Agent.Availability;
using Opportunism.Agent.Guests;
using Opportunism.Contracts.Nodes;
using Opportunism.Core;
using Opportunism.Core.Availability;
using Opportunism.Core.Guests;
using Opportunism.Hypervisors;
using Opportunism.TestKit.Guests;
using Xunit;

namespace Opportunism.SystemTests.Hypervisors;

/// <summary>A node that is to be emptied at the moment at which another guest is being started: real QEMU, real keeper.</summary>
[SupportedOSPlatform("linux")]
public sealed class QemuEvictingTests : IAsyncLifetime
{
    private readonly QemuSite site = new();
    private IHypervisor hypervisor = null!;
    private TickImage image = null!;

    public async ValueTask InitializeAsync()
    {
        image = await site.MakeImageAsync(disk: true);
        hypervisor = site.Make();
    }

    public async ValueTask DisposeAsync()
    {
        await hypervisor.DisposeAsync();
        await site.CleanUpAsync();
    }

    [Fact]
    public async Task A_running_guest_is_suspended_although_another_is_just_starting()
    {
        var files = new ImaginedSiteFiles();
        var sha = files.Add(await File.ReadAllBytesAsync(image.Path));
        var node = new Level<NodeStatus>(StatusOf(NodeState.InUse));
        var plan = new Level<NodePlan>(new NodePlan());
        var options = new GuestOptions
        {
            StateFolder = site.Settings.StateFolder,
            RamFolder = site.Settings.RamFolder,
            MaxMemoryMiB = 1024,
            MaxVcpus = 8,
            KeepFreeMiB = 0,
        };
        var keeper = new GuestKeeper(hypervisor, node, plan, files, options, TimeProvider.System, NullLogger<GuestKeeper>.Instance);
        using var stop = new CancellationTokenSource();
        await keeper.PrepareAsync(stop.Token);
        var running = keeper.RunAsync(stop.Token);
        try
        {
            var (first, second) = (PlanOf(sha, image.Path), PlanOf(sha, image.Path));
            hypervisor.Freezer.ThawAll();
            node.Set(StatusOf(NodeState.Available));
            plan.Set(new NodePlan { Version = 1, Guests = { first } });
            var id = GuestId.Parse(first.GuestId);
            await UntilAsync(
                () => hypervisor.Guests.Any(guest => guest.Id == id
                    && guest.Phase == GuestPhase.Running) && new TickConsole(hypervisor,
                    id).Newest > 2);

            plan.Set(new NodePlan { Version = 2, Guests = { first, second } });
            await UntilAsync(() => hypervisor.Guests.Any(guest => guest.Id.Value == second.GuestId && guest.Phase == GuestPhase.Starting));
            hypervisor.Freezer.FreezeAll();
            node.Set(StatusOf(NodeState.Evicting));
            await UntilAsync(() => hypervisor.GuestsInMemory == 0);
            var status = hypervisor.Guests.Single(guest => guest.Id == id);
            Assert.True(status.Phase == GuestPhase.Suspended, $"It is {status.Phase} '{status.Sentence}': what it had in memory is lost.");
        }
        finally
        {
            await stop.CancelAsync();
            await running;
        }
    }

    private static GuestPlan PlanOf(string sha, string path) => new()
    {
        GuestId = GuestId.New().Value,
        Name = "guest",
        EvictionPolicy = "suspend",
        Vcpus = 1,
        MemoryMib = 128,
        DiskMib = 32,
        ImageSha256 = sha,
        ImageFormat = "Qcow2",
        ImageBytes = (ulong)new FileInfo(path).Length,
        Generation = 1,
        Wish = "Running",
    };

    private static NodeStatus StatusOf(NodeState state) =>
        new(
            state, new Reason(ReasonCode.Starting), TimeProvider.System.GetUtcNow(), TimeProvider.System.GetTimestamp(),
            new AvailabilityTimes());

    private static async Task UntilAsync(Func<bool> so)
    {
        for (var tries = 0; !so(); tries++)
        {
            Assert.True(tries < 12000);
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }
    }
}
