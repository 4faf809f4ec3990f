using System.Runtime.Versioning;
using Opportunism.Core.Guests;
using Opportunism.Hypervisors;
using Opportunism.Hypervisors.Linux;
using Opportunism.Hypervisors.Qemu;
using Opportunism.TestKit.Guests;
using Xunit;

namespace Opportunism.SystemTests.Hypervisors;

/// <summary>A QEMU that does not answer when its guest is to be held.</summary>
[SupportedOSPlatform("linux")]
public sealed class QemuHungTests : IAsyncLifetime
{
    private readonly QemuSite site = new();
    private IHypervisor hypervisor = null!;
    private TickImage image = null!;

    public async ValueTask InitializeAsync()
    {
        image = await site.MakeImageAsync();
        hypervisor = site.Make();
        await hypervisor.RecoverAsync(CancellationToken.None);
        await hypervisor.ProbeAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await hypervisor.DisposeAsync();
        await site.CleanUpAsync();
    }

    [Fact]
    public async Task It_keeps_nobody_waiting_and_is_saved_once_it_answers_again()
    {
        var (well, hung) = (await StartedAsync(), await StartedAsync());
        var folder = new GuestFolder(site.Settings.StateFolder, site.Settings.RamFolder, hung.Id);
        var record = QemuJson.Read(folder.Process, QemuJson.Default.ProcessRecord)!;
        Assert.Equal(0, Libc.Kill(record.Pid, Libc.SigStop));
        hypervisor.Freezer.FreezeAll();

        var began = TimeProvider.System.GetTimestamp();
        Assert.Equal(GuestOutcome.TryLater, (await hypervisor.HoldAllAsync(CancellationToken.None)).Outcome);
        // Generous: it is one second and a loaded machine.
        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(8));
        Assert.True((await hypervisor.SuspendAsync(well.Id, CancellationToken.None)).IsDone);
        Assert.Equal(GuestOutcome.TryLater, (await hypervisor.SuspendAsync(hung.Id, CancellationToken.None)).Outcome);
        Assert.Equal(GuestPhase.Held, hypervisor.Guests.Single(guest => guest.Id == hung.Id).Phase);

        Assert.Equal(0, Libc.Kill(record.Pid, Libc.SigCont));
        var answer = await hypervisor.SuspendAsync(hung.Id, CancellationToken.None);
        Assert.True(answer.IsDone, answer.Sentence);
        var last = new TickConsole(hypervisor, hung.Id).Newest;
        answer = await hypervisor.ResumeAsync(hung.Id, CancellationToken.None);
        Assert.True(answer.IsDone, answer.Sentence);
        await TickBeyondAsync(hung, last);
    }

    private async Task<GuestSpec> StartedAsync()
    {
        var spec = new GuestSpecMaker().Make(image);
        var answer = await hypervisor.StartAsync(spec, image.Path, CancellationToken.None);
        Assert.True(answer.IsDone, answer.Sentence);
        await TickBeyondAsync(spec, 0);
        return spec;
    }

    private Task TickBeyondAsync(GuestSpec spec, int tick) => new TickConsole(hypervisor, spec.Id).BeyondAsync(tick, looks: 900);
}
