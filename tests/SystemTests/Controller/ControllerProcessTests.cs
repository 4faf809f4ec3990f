using System.Diagnostics;
using Opportunism.Contracts.Api;
using Opportunism.Contracts.Nodes;
using Opportunism.Core.Fleet;
using Opportunism.Core.Guests;
using Opportunism.TestKit.Sites;
using Xunit;

namespace Opportunism.SystemTests.Controller;

/// <summary>The real controller process: started, killed in the middle of its work, started again, stopped.</summary>
public sealed class ControllerProcessTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly string folder = Directory.CreateTempSubdirectory("controller-").FullName;
    private Process? process;

    public void Dispose()
    {
        process?.Kill();
        process?.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Killed_and_started_again_it_has_all_that_it_acknowledged()
    {
        using var first = await StartAsync();
        var minted = await first.CreateJoinTokenAsync(new NewJoinToken());
        var site = SiteFile.Read(folder)!;
        await using var agent = await FakeAgent.EnrolAsync(new Uri(site.Url), minted.Token, "pc-1");
        await agent.ConnectAsync();
        await first.UploadImageAsync("tiny", ImageFormat.Raw, new MemoryStream(new byte[100_000]), 100_000);
        await agent.ReportAsync(report => report.State = NodeStateKind.Available);
        var vm = await first.CreateVmAsync(new NewVm { Name = "vm", Image = "tiny", MemoryMiB = 256 });
        await agent.PlanAsync(plan => plan.Guests.Count == 1);
        await agent.ReportGuestAsync(vm.Id, "Running");
        Kill();

        using var second = await StartAsync();
        var again = SiteFile.Read(folder)!;
        Assert.Equal(site.CaFingerprint, again.CaFingerprint);
        var kept = await second.VmAsync(vm.Id);
        Assert.Equal((VmStatus.Running, "pc-1", "tiny"), (kept.Status, kept.Node, kept.Image));
        Assert.Equal("Ready", Assert.Single(await second.ImagesAsync()).State);
        await using var back = agent.At(new Uri(again.Url), again.CaFingerprint);
        await back.ConnectAsync();
        Assert.Equal((vm.Id, agent.Report.Sequence), (Assert.Single(back.Plan.Guests).GuestId, back.Plan.AcknowledgedSequence));
        Assert.True(back.Plan.Version > agent.Plan.Version);
        await back.ReportAsync();
    }

    [Fact]
    public async Task It_stops_within_five_seconds_although_streams_are_open()
    {
        using var client = await StartAsync();
        var minted = await client.CreateJoinTokenAsync(new NewJoinToken());
        await using var agent = await FakeAgent.EnrolAsync(new Uri(SiteFile.Read(folder)!.Url), minted.Token, "pc-1");
        await agent.ConnectAsync();
        using var watching = new CancellationTokenSource();
        var watcher = Task.Run(async () =>
        {
            await foreach (var unused in client.WatchEventsAsync(0, TimeProvider.System, watching.Token)) Assert.NotNull(unused);
        });
        var begun = Stopwatch.GetTimestamp();
        Signals.AskToEnd(process!.Id);
        await process.WaitForExitAsync().WaitAsync(Patience);
        Assert.InRange(Stopwatch.GetElapsedTime(begun), TimeSpan.Zero, TimeSpan.FromSeconds(5));
        Assert.Equal(0, process.ExitCode);
        await watching.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watcher);
    }

    [Fact]
    public async Task Wrong_settings_stop_the_start_with_every_problem()
    {
        var start = ControllerCommand.Of("--state", folder, "--listen", "nowhere", "--colour", "red");
        using var refused = Process.Start(start)!;
        var said = await refused.StandardError.ReadToEndAsync();
        await refused.WaitForExitAsync();
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("--colour", said, StringComparison.Ordinal);
        Assert.Contains("[Controller] Listen is 'nowhere'", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_one_on_the_same_folder_is_refused()
    {
        using var client = await StartAsync();
        using var second = Process.Start(ControllerCommand.Of("--state", folder, "--listen", "127.0.0.1:0"))!;
        Assert.Contains("runs already", await second.StandardError.ReadToEndAsync(), StringComparison.Ordinal);
        await second.WaitForExitAsync();
        Assert.Equal(3, second.ExitCode);
    }

    private async Task<SiteClient> StartAsync()
    {
        File.Delete(Path.Combine(folder, SiteFile.Name));
        process = Process.Start(ControllerCommand.Of("--state", folder, "--listen", "127.0.0.1:0"))!;
        process.BeginErrorReadLine();
        var first = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        process.OutputDataReceived += (_, line) => first.TrySetResult(line.Data);
        process.BeginOutputReadLine();
        Assert.StartsWith("Listening on https://127.0.0.1:", await first.Task.WaitAsync(Patience), StringComparison.Ordinal);
        return SiteClient.Open(folder);
    }

    private void Kill()
    {
        process!.Kill();
        process.WaitForExit();
        process.Dispose();
        process = null;
    }
}
