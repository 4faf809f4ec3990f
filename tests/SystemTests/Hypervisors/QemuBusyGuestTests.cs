using System.Diagnostics;
using System.Runtime.Versioning;
using Opportunism.Core.Guests;
using Opportunism.Hypervisors;
using Opportunism.Hypervisors.Linux;
using Opportunism.Hypervisors.Qemu;
using Opportunism.Hypervisors.Qemu.Qmp;
using Opportunism.TestKit.Guests;
using Xunit;

namespace Opportunism.SystemTests.Hypervisors;

/// <summary>A guest that keeps its processor busy, held beside an owner:
/// who computes on every processor, or whose guest does not obey.</summary>
[SupportedOSPlatform("linux")]
public sealed class QemuBusyGuestTests : IAsyncLifetime
{
    private readonly QemuSite site = new();
    private readonly List<Process> owner = [];
    private IHypervisor hypervisor = null!;
    private GuestSpec spec = null!;

    public ValueTask InitializeAsync() => QemuSite.PrepareAsync(this, PrepareAsync);

    private async Task PrepareAsync()
    {
        var image = await site.MakeImageAsync(busy: 1);
        hypervisor = site.Make();
        await hypervisor.RecoverAsync(CancellationToken.None);
        await hypervisor.ProbeAsync(CancellationToken.None);
        spec = new GuestSpecMaker().Make(image);
        Assert.Equal("", (await hypervisor.StartAsync(spec, image.Path, CancellationToken.None)).Sentence);
        var console = new TickConsole(hypervisor, spec.Id);
        for (var tries = 0; console.Newest < 1 && tries < 1200; tries++)
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        Assert.True(console.Newest >= 1, "The guest has not booted within 2 minutes.");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in owner)
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }

        if (hypervisor is not null) await hypervisor.DisposeAsync();
        await site.CleanUpAsync();
    }

    [Fact]
    public async Task It_is_held_and_suspended_beside_an_owner_who_computes_on_every_processor()
    {
        for (var i = 0; i < 3 * Environment.ProcessorCount; i++) owner.Add(Process.Start("sh", ["-c", "while :; do :; done"]));
        hypervisor.Freezer.FreezeAll();
        Assert.Equal(GuestOutcome.Done, (await hypervisor.HoldAllAsync(CancellationToken.None)).Outcome);
        Assert.Equal("", (await hypervisor.SuspendAsync(spec.Id, CancellationToken.None)).Sentence);
        Assert.Equal(GuestPhase.Suspended, Assert.Single(hypervisor.Guests).Phase);
    }

    [Fact]
    public async Task It_is_frozen_and_named_when_it_runs_while_it_is_saved()
    {
        hypervisor.Freezer.FreezeAll();
        Assert.Equal(GuestOutcome.Done, (await hypervisor.HoldAllAsync(CancellationToken.None)).Outcome);
        using var enough = new CancellationTokenSource();
        // Its memory takes minutes at this pace.
        var saving = hypervisor.CheckpointAsync(spec.Id, 256 * 1024, enough.Token);
        var process = ((QemuHypervisor)hypervisor).Find(spec.Id)!.Process!;
        while (process.StateSave != DeviceStateSave.Done && !saving.IsCompleted)
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        await process.Qmp!.ExecuteAsync("cont", TimeSpan.FromSeconds(10), CancellationToken.None);
        await FrozenAloneAsync("ran");
        Assert.False(saving.IsCompleted);
        await enough.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => saving);
    }

    [Fact]
    public async Task It_is_frozen_and_named_when_it_writes_files_although_it_is_held()
    {
        hypervisor.Freezer.FreezeAll();
        Assert.Equal(GuestOutcome.Done, (await hypervisor.HoldAllAsync(CancellationToken.None)).Outcome);
        var guest = ((QemuHypervisor)hypervisor).Find(spec.Id)!;
        // As a QEMU that is taken over can write all the time, which takes next to no CPU: into a file of its own.
        var file = Path.Combine(guest.Folder.Run, "fill");
        using (var fill = File.OpenHandle(file, FileMode.CreateNew, FileAccess.Write)) RandomAccess.SetLength(fill, 32 << 20);
        LinuxFiles.ChangeOwner(file, guest.Record.Uid!.Value, QemuSite.Uid);
        await guest.Process!.Qmp!.ExecuteAsync("blockdev-add", TimeSpan.FromSeconds(10), CancellationToken.None, json =>
        {
            json.WriteString("driver"u8, "file"u8);
            json.WriteString("node-name"u8, "fill"u8);
            json.WriteString("filename"u8, file);
            json.WriteStartObject("cache"u8);
            json.WriteBoolean("direct"u8, true);
            json.WriteEndObject();
        });
        for (var seconds = 0; seconds < 60 && hypervisor.Health.Count == 0; seconds++)
        {
            try
            {
                await guest.Process.Qmp.ExecuteAsync(
                    "human-monitor-command", TimeSpan.FromSeconds(10), CancellationToken.None,
                    json => json.WriteString("command-line"u8, "qemu-io fill \"write 0 4M\""));
                await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
            }
            catch (QmpException)
            {
                break; // it is frozen already
            }
        }

        await FrozenAloneAsync("wrote files");
        Assert.Contains("MiB to disk", hypervisor.Guests[0].Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_frozen_and_named_when_it_runs_although_it_is_held()
    {
        hypervisor.Freezer.FreezeAll();
        Assert.Equal(GuestOutcome.Done, (await hypervisor.HoldAllAsync(CancellationToken.None)).Outcome);
        var process = ((QemuHypervisor)hypervisor).Find(spec.Id)!.Process!;
        await process.Qmp!.ExecuteAsync("cont", TimeSpan.FromSeconds(10), CancellationToken.None);
        await FrozenAloneAsync("ran");
        var used = hypervisor.Freezer.GuestCpuNanoseconds();
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
        Assert.InRange(hypervisor.Freezer.GuestCpuNanoseconds() - used, 0, 20_000_000);
    }

    [Fact]
    public async Task It_is_left_alone_when_it_has_run_between_two_looks_while_it_was_allowed_to()
    {
        hypervisor.Freezer.FreezeAll();
        Assert.Equal(GuestOutcome.Done, (await hypervisor.HoldAllAsync(CancellationToken.None)).Outcome);
        var real = (QemuHypervisor)hypervisor;
        var (guest, watch) = (real.Find(spec.Id)!, new HeldGuestWatch(real.Host));
        Assert.Empty(watch.Look([guest]));
        Assert.Equal(GuestOutcome.Done, (await hypervisor.ReleaseAsync(spec.Id, CancellationToken.None)).Outcome);
        var used = hypervisor.Freezer.GuestCpuNanoseconds();
        while (hypervisor.Freezer.GuestCpuNanoseconds() - used < 500_000_000)
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        hypervisor.Freezer.FreezeAll();
        Assert.Equal(GuestOutcome.Done, (await hypervisor.HoldAllAsync(CancellationToken.None)).Outcome);

        Assert.Empty(watch.Look([guest]));
        Assert.False(guest.FrozenAlone);
    }

    [Fact]
    public async Task It_is_ended_when_it_runs_although_it_is_only_loaded()
    {
        hypervisor.Freezer.FreezeAll();
        Assert.Equal(GuestOutcome.Done, (await hypervisor.HoldAllAsync(CancellationToken.None)).Outcome);
        Assert.Equal("", (await hypervisor.SuspendAsync(spec.Id, CancellationToken.None)).Sentence);
        Assert.Equal("", (await hypervisor.LoadAsync(spec.Id, CancellationToken.None)).Sentence);
        var process = ((QemuHypervisor)hypervisor).Find(spec.Id)!.Process!;
        await process.Qmp!.ExecuteAsync("cont", TimeSpan.FromSeconds(10), CancellationToken.None);
        var began = TimeProvider.System.GetTimestamp();
        while (Assert.Single(hypervisor.Guests).TakesMemory)
        {
            var ran = TimeProvider.System.GetElapsedTime(began);
            Assert.True(ran < TimeSpan.FromSeconds(30), "The guest ran for 30 s although it was only loaded.");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }

        Assert.True(Assert.Single(hypervisor.Guests) is { Phase: GuestPhase.Suspended, HasCheckpoint: true });
    }

    private async Task FrozenAloneAsync(string did)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (hypervisor.Health.Count == 0)
        {
            Assert.True(
                TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(30), $"The guest {did} for 30 s although it was held.");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }

        Assert.Contains(spec.Id.Value, hypervisor.Health[0].Sentence, StringComparison.Ordinal);
    }
}
