using System.Runtime.Versioning;
using System.Text;
using Opportunism.Core.Guests;
using Opportunism.Hypervisors;
using Opportunism.SystemTests.Days;
using Opportunism.TestKit.Guests;
using Xunit;

namespace Opportunism.SystemTests.Hypervisors;

/// <summary>A guest of 1 GiB, most of it written to. The limits are generous; the benchmark has the figures.</summary>
/// <remarks>With the machine to itself: bytes are counted that this process has written.</remarks>
[Collection(WholeMachine.Name)]
[SupportedOSPlatform("linux")]
public sealed class QemuLargeGuestTests(ITestOutputHelper output) : IAsyncLifetime
{
    private readonly QemuSite site = new();
    private IHypervisor hypervisor = null!;
    private GuestSpec spec = null!;

    public ValueTask InitializeAsync() => QemuSite.PrepareAsync(this, PrepareAsync);

    private async Task PrepareAsync()
    {
        var image = await site.MakeImageAsync(dirtyMiB: 800);
        hypervisor = site.Make();
        await hypervisor.RecoverAsync(CancellationToken.None);
        await hypervisor.ProbeAsync(CancellationToken.None);
        spec = new GuestSpecMaker().Make(image, memoryMiB: 1024);
        var answer = await hypervisor.StartAsync(spec, image.Path, CancellationToken.None);
        Assert.True(answer.IsDone, answer.Sentence);
        for (var tries = 0; !Encoding.ASCII.GetString(hypervisor.ReadConsole(spec.Id, 0, 1 << 20).Bytes.Span)
            .Contains("dirtied", StringComparison.Ordinal); tries++)
        {
            Assert.True(tries < 900, "The guest has not filled its memory.");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (hypervisor is not null) await hypervisor.DisposeAsync();
        await site.CleanUpAsync();
    }

    [Fact]
    public async Task Its_memory_is_back_in_time_it_runs_again_in_time_and_the_second_checkpoint_writes_only_what_changed()
    {
        // Without, then with a checkpoint at hand.
        foreach (var ready in new[] { false, true })
        {
            hypervisor.Freezer.FreezeAll();
            await DoneAsync(hypervisor.HoldAllAsync(CancellationToken.None));
            var before = DiskWrites.BytesHere;
            if (ready) await DoneAsync(hypervisor.CheckpointAsync(spec.Id, null, CancellationToken.None));
            var last = new TickConsole(hypervisor, spec.Id).Newest;
            await DoneAsync(hypervisor.SuspendAsync(spec.Id, CancellationToken.None));
            var writtenMiB = (DiskWrites.BytesHere - before) / (1024 * 1024);
            // The guest writes its memory all the time, but the same again.
            if (ready) Assert.InRange(writtenMiB, 0, 200);
            else Assert.InRange(writtenMiB, 800, 1100);
            await DoneAsync(hypervisor.ResumeAsync(spec.Id, CancellationToken.None));
            var status = Assert.Single(hypervisor.Guests);
            output.WriteLine(
                $"ready {ready}: {writtenMiB} MiB written, hold {status.LastHold}, {status.LastMemoryReturnMiB} MiB back in "
                    + $"{status.LastMemoryReturn}, resumed in {status.LastResume}");
            Assert.True(status.LastMemoryReturnMiB > 800);
            Assert.True(status.LastMemoryReturn < TimeSpan.FromSeconds(ready ? 3 : 20), $"{status.LastMemoryReturn}");
            Assert.True(status.LastResume < TimeSpan.FromSeconds(10), $"{status.LastResume}");
            await new TickConsole(hypervisor, spec.Id).BeyondAsync(last + 1, looks: 600);
        }
    }

    private static async Task DoneAsync(Task<GuestAnswer> asked)
    {
        var answer = await asked;
        Assert.True(answer.IsDone, $"{answer.Outcome}: {answer.Sentence}");
    }
}
