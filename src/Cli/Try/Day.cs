using System.Globalization;
using System.Runtime.Versioning;
using Opportunism.Cli.Site;
using Opportunism.Contracts.Api;
using Opportunism.Contracts.Local;
using Opportunism.Core.Fleet;
using Opportunism.Core.Guests;

namespace Opportunism.Cli.Try;

/// <summary>Plays one day of a desktop and looks whether everything happens that should: the steps are the sentences below, in order.</summary>
[SupportedOSPlatform("linux")]
internal sealed class Day(LocalSite site, ISeat seat, DayBoard board, TimeProvider time)
{
    private const string Vm = "tick";
    private const int GuestMemoryMiB = 128;

    // Every wait ends: what takes longer than this on a slow machine is broken.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly List<DayStep> steps = [];
    private TickCounter ticks = null!;

    /// <summary>What was seen so far.</summary>
    public DayResult Result { get; private set; } = new() { Steps = [] };

    /// <exception cref="DayBrokenException">A step was not seen to happen.</exception>
    public async Task PlayAsync(string image, CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        ticks = new TickCounter(site.Client, Vm);
        var reading = Task.CompletedTask;
        try
        {
            await StepAsync("The image is uploaded", () => UploadAsync(image, end.Token)).ConfigureAwait(false);
            await StepAsync("A VM is asked for and waits", () => CreateAsync(end.Token)).ConfigureAwait(false);
            seat.Rest();
            await UntilStateAsync("The owner is away: the node becomes Available", "Available", end.Token).ConfigureAwait(false);
            await UntilVmAsync("The guest boots", VmStatus.Running, end.Token).ConfigureAwait(false);
            reading = ticks.ReadAsync(end.Token);
            await UntilTickAsync("The guest counts", 3, end.Token).ConfigureAwait(false);
            await BumpAsync(end.Token).ConfigureAwait(false);
            await StayAsync(end.Token).ConfigureAwait(false);
            await ReturnAsync(end.Token).ConfigureAwait(false);
            await StepAsync("The VM is deleted", () => DeleteAsync(end.Token)).ConfigureAwait(false);
            if (ticks.Fault is { } fault) throw new DayBrokenException($"The guest's count is wrong: {fault}.");
        }
        finally
        {
            await end.CancelAsync().ConfigureAwait(false);
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Result = Result with { Steps = steps };
        }
    }

    /// <summary>Runs a step under the board; what it answers is shown beside it.</summary>
    public async Task StepAsync(string name, Func<Task<string>> step)
    {
        board.Begin(name);
        var seen = false;
        try
        {
            board.Detail(await step().ConfigureAwait(false));
            seen = true;
        }
        finally
        {
            var ms = board.End(seen);
            if (seen) steps.Add(new(name, ms));
            Result = Result with { Steps = steps };
        }
    }

    private async Task BumpAsync(CancellationToken cancellationToken)
    {
        await StepAsync("Activity: the guest is Frozen", async () =>
        {
            await TouchUntilAsync("Frozen", cancellationToken).ConfigureAwait(false);
            var freeze = (await StatusAsync(cancellationToken).ConfigureAwait(false)).LastFreeze ?? throw new DayBrokenException("The agent tells of no freeze.");
            if (freeze.Guests != 1 || freeze.Brake != "freeze") throw new DayBrokenException($"The freeze had {freeze.Guests} guests and needed the brake '{freeze.Brake}'; 1 and 'freeze' were expected.");
            Result = Result with { FreezeMs = freeze.StillMs, LeakedCpuMs = freeze.LeakedCpuMs };
            return string.Create(CultureInfo.InvariantCulture, $"still after {freeze.StillMs:0.00} ms");
        }).ConfigureAwait(false);

        seat.Rest();
        await StepAsync("It stands still", async () =>
        {
            // The console's last bytes are still on their way for a moment: the agent looks twice a second, and the machine is busy.
            await Task.Delay(TimeSpan.FromSeconds(2), time, cancellationToken).ConfigureAwait(false);
            var before = ticks.Last;
            await Task.Delay(TimeSpan.FromSeconds(2.5), time, cancellationToken).ConfigureAwait(false);
            return ticks.Last == before ? $"tick {before} for 2.5 s" : throw new DayBrokenException($"The guest ticked from {before} to {ticks.Last} while the owner was there.");
        }).ConfigureAwait(false);

        var stood = ticks.Last;
        await UntilStateAsync("It was only a bump: the node is Available again", "Available", cancellationToken).ConfigureAwait(false);
        await UntilTickAsync("The guest goes on where it was", stood + 3, cancellationToken).ConfigureAwait(false);
        var vm = await site.Client.VmAsync(Vm, cancellationToken).ConfigureAwait(false);
        Result = Result with { HoldMs = vm.Times.HoldMs, ThawMs = vm.Times.ThawMs };
    }

    private async Task StayAsync(CancellationToken cancellationToken)
    {
        await StepAsync("Activity that lasts: Frozen, then Evicting", async () =>
        {
            await TouchUntilAsync("Evicting", cancellationToken, alsoSeen: "InUse").ConfigureAwait(false);
            return "";
        }).ConfigureAwait(false);
        await StepAsync("The guest is suspended and the memory is back", async () =>
        {
            await TouchUntilAsync("InUse", cancellationToken).ConfigureAwait(false);
            var vm = await UntilAsync(VmStatus.Suspended, cancellationToken, touching: true).ConfigureAwait(false);
            if (RamInUse() is var left and > 0) throw new DayBrokenException($"{left} bytes of guest memory are still in {site.Settings.RamFolder}.");
            Result = Result with
            {
                HoldMs = vm.Times.HoldMs ?? Result.HoldMs,
                MemoryReturnedMib = vm.Times.MemoryReturnedMiB,
                MemoryReturnedMs = vm.Times.MemoryReturnedMs,
                TicksBefore = ticks.Last,
            };
            return string.Create(CultureInfo.InvariantCulture, $"{vm.Times.MemoryReturnedMiB} MiB in {vm.Times.MemoryReturnedMs:0} ms");
        }).ConfigureAwait(false);
    }

    private async Task ReturnAsync(CancellationToken cancellationToken)
    {
        seat.Rest();
        var before = ticks.Last;
        await UntilStateAsync("The owner leaves: the node is Available", "Available", cancellationToken).ConfigureAwait(false);
        await UntilVmAsync("The guest is resumed", VmStatus.Running, cancellationToken).ConfigureAwait(false);
        await UntilTickAsync("The count goes on, no tick lost or repeated", before + 3, cancellationToken).ConfigureAwait(false);
        if (ticks.Fault is { } fault) throw new DayBrokenException($"The guest's count is wrong: {fault}.");
        var vm = await site.Client.VmAsync(Vm, cancellationToken).ConfigureAwait(false);
        // The count is whole, so the first tick after the resume was the one after the last before it.
        Result = Result with { ResumeMs = vm.Times.ResumeMs, TicksBefore = before, TicksAfter = before + 1 };
    }

    private async Task<string> UploadAsync(string image, CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(image);
        var total = file.Length;
        var progress = new ImmediateProgress(sent => board.Detail(string.Create(CultureInfo.InvariantCulture, $"{100 * sent / total} %")));
        var view = await site.Client.UploadImageAsync("tick", ImageFormat.Qcow2, file, total, progress, cancellationToken).ConfigureAwait(false);
        return string.Create(CultureInfo.InvariantCulture, $"{total / 1048576.0:0.0} MiB, sha256 {view.Sha256[..12]}");
    }

    private async Task<string> CreateAsync(CancellationToken cancellationToken)
    {
        var vm = await site.Client.CreateVmAsync(new NewVm { Name = Vm, Image = "tick", Vcpus = 1, MemoryMiB = GuestMemoryMiB }, cancellationToken).ConfigureAwait(false);
        return vm.Why;
    }

    private async Task<string> DeleteAsync(CancellationToken cancellationToken)
    {
        await site.Client.DeleteVmAsync(Vm, cancellationToken).ConfigureAwait(false);
        await WaitAsync(async () => (await StatusAsync(cancellationToken).ConfigureAwait(false)).Guests.Count == 0
            && (await site.Client.VmsAsync(cancellationToken: cancellationToken).ConfigureAwait(false)).Count == 0, "the VM is gone", cancellationToken).ConfigureAwait(false);
        return "";
    }

    private Task UntilStateAsync(string name, string state, CancellationToken cancellationToken) => StepAsync(name, async () =>
    {
        var now = await StatusAsync(cancellationToken).ConfigureAwait(false);
        await WaitAsync(async () =>
        {
            now = await StatusAsync(cancellationToken).ConfigureAwait(false);
            board.Detail($"{now.State}: {now.Reason}");
            return now.State == state;
        }, $"the node is {state}", cancellationToken).ConfigureAwait(false);
        return now.Reason;
    });

    private Task UntilVmAsync(string name, VmStatus status, CancellationToken cancellationToken) => StepAsync(name, async () =>
    {
        var vm = await UntilAsync(status, cancellationToken).ConfigureAwait(false);
        return $"on {vm.Node}";
    });

    private Task UntilTickAsync(string name, int tick, CancellationToken cancellationToken) => StepAsync(name, async () =>
    {
        await WaitAsync(() =>
        {
            board.Detail($"tick {ticks.Last}");
            return Task.FromResult(ticks.Last >= tick);
        }, $"tick {tick}", cancellationToken).ConfigureAwait(false);
        return $"tick {ticks.Last}";
    });

    private async Task<VmView> UntilAsync(VmStatus status, CancellationToken cancellationToken, bool touching = false)
    {
        VmView? vm = null;
        await WaitAsync(async () =>
        {
            if (touching) await seat.TouchAsync(cancellationToken).ConfigureAwait(false);
            vm = await site.Client.VmAsync(Vm, cancellationToken).ConfigureAwait(false);
            board.Detail($"{vm.Status} {vm.Why}");
            if (vm.Status == VmStatus.Failed) throw new DayBrokenException($"The VM failed: {vm.Why}");
            return vm.Status == status;
        }, $"the VM is {status}", cancellationToken).ConfigureAwait(false);
        return vm!;
    }

    private Task TouchUntilAsync(string state, CancellationToken cancellationToken, string? alsoSeen = null) => WaitAsync(async () =>
    {
        await seat.TouchAsync(cancellationToken).ConfigureAwait(false);
        var now = await StatusAsync(cancellationToken).ConfigureAwait(false);
        board.Detail($"{now.State}: {now.Reason}");
        return now.State == state || now.State == alsoSeen;
    }, $"the node is {state}", cancellationToken);

    private async Task WaitAsync(Func<Task<bool>> reached, string what, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        while (!await reached().ConfigureAwait(false))
        {
            site.CheckAlive();
            if (time.GetElapsedTime(began) > Patience) throw new DayBrokenException($"After {Patience.TotalMinutes} minutes it was not seen that {what}. The logs are in {site.Folders.Logs}.");
            await Task.Delay(TimeSpan.FromMilliseconds(50), time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<LocalStatus> StatusAsync(CancellationToken cancellationToken)
    {
        var reply = await site.Agent.AskAsync(new(LocalAsk.Status), cancellationToken).ConfigureAwait(false);
        return reply.Status ?? throw new DayBrokenException($"The agent answered: {reply.Error}");
    }

    private long RamInUse() => Directory.Exists(site.Settings.RamFolder)
        ? Directory.EnumerateFiles(site.Settings.RamFolder, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length)
        : 0;
}
