using System.Globalization;
using System.Runtime.Versioning;
using Opportunism.Cli.Site;
using Opportunism.Core.Availability;
using Opportunism.Core.Fleet;

namespace Opportunism.Cli.Try;

/// <summary>Plays one day of a desktop and looks whether everything happens that should: the steps are the sentences below, in order.</summary>
[SupportedOSPlatform("linux")]
internal sealed partial class Day(LocalSite site, ISeat seat, IDayCloud cloud, DayBoard board, TimeProvider time)
{
    /// <summary>The waiting times of a day: short enough to watch, long enough that every state is really seen.</summary>
    public static readonly AvailabilityTimes Times = new()
    {
        IdleFor = TimeSpan.FromSeconds(7),
        ThawAfter = TimeSpan.FromSeconds(7),
        HoldAfter = TimeSpan.FromSeconds(1),
        PresaveAfter = TimeSpan.FromSeconds(3),
        EvictAfter = TimeSpan.FromSeconds(8),
    };

    private readonly TickCounter ticks = new(cloud.ReadConsoleAsync);

    /// <summary>What was measured so far.</summary>
    public DayResult Result { get; private set; } = new() { Steps = [] };

    /// <exception cref="DayBrokenException">A step was not seen to happen.</exception>
    public async Task PlayAsync(CancellationToken cancellationToken)
    {
        using var read = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reading = Task.CompletedTask;
        try
        {
            if (cloud.GuestsWait) await board.StepAsync("A VM is asked for and waits", () => cloud.AskAsync(cancellationToken)).ConfigureAwait(false);
            seat.Rest();
            await UntilStateAsync("The owner is away: the node becomes Available", "Available", cancellationToken).ConfigureAwait(false);
            await UntilHostAsync("The cloud may place guests on it: its host is open", open: true, cancellationToken).ConfigureAwait(false);
            if (!cloud.GuestsWait) await board.StepAsync("A VM is asked for", () => cloud.AskAsync(cancellationToken)).ConfigureAwait(false);
            await UntilVmAsync("The guest boots", VmStatus.Running, cancellationToken).ConfigureAwait(false);
            reading = ticks.ReadAsync(read.Token);
            await UntilTickAsync("The guest counts", 3, cancellationToken).ConfigureAwait(false);
            await BumpAsync(cancellationToken).ConfigureAwait(false);
            await StayAsync(cancellationToken).ConfigureAwait(false);
            await ReturnAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await read.CancelAsync().ConfigureAwait(false);
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        CheckCount();
        await board.StepAsync("The VM is deleted", () => DeleteAsync(cancellationToken)).ConfigureAwait(false);
    }

    private async Task BumpAsync(CancellationToken cancellationToken)
    {
        await board.StepAsync("Activity: the guest is Frozen", async () =>
        {
            await TouchUntilAsync("Frozen", cancellationToken).ConfigureAwait(false);
            var freeze = (await StatusAsync(cancellationToken).ConfigureAwait(false)).LastFreeze ?? throw new DayBrokenException("The agent tells of no freeze.");
            if (freeze.Guests != 1 || freeze.Brake != "freeze") throw new DayBrokenException($"The freeze had {freeze.Guests} guests and needed the brake '{freeze.Brake}'; 1 and 'freeze' were expected.");
            Result = Result with { FreezeMs = freeze.StillMs, LeakedCpuMs = freeze.LeakedCpuMs };
            return string.Create(CultureInfo.InvariantCulture, $"still after {freeze.StillMs:0.00} ms");
        }).ConfigureAwait(false);
        await UntilHostAsync("Its host is closed in the cloud", open: false, cancellationToken).ConfigureAwait(false);

        seat.Rest();
        await board.StepAsync("It stands still", async () =>
        {
            // The console's last bytes are still on their way for a moment: the agent looks twice a second, and the machine is busy.
            await Task.Delay(TimeSpan.FromSeconds(2), time, cancellationToken).ConfigureAwait(false);
            var before = ticks.Last;
            await Task.Delay(TimeSpan.FromSeconds(2.5), time, cancellationToken).ConfigureAwait(false);
            return ticks.Last == before ? $"tick {before} for 2.5 s" : throw new DayBrokenException($"The guest ticked from {before} to {ticks.Last} while the owner was there.");
        }).ConfigureAwait(false);

        var stood = ticks.Last;
        await UntilStateAsync("It was only a bump: the node is Available again", "Available", cancellationToken).ConfigureAwait(false);
        await UntilHostAsync("Its host is open again", open: true, cancellationToken).ConfigureAwait(false);
        await UntilTickAsync("The guest goes on where it was", stood + 3, cancellationToken).ConfigureAwait(false);
        var times = await cloud.TimesAsync(null, cancellationToken).ConfigureAwait(false);
        Result = Result with { HoldMs = times.HoldMs, ThawMs = times.ThawMs };
    }

    private async Task StayAsync(CancellationToken cancellationToken)
    {
        DateTimeOffset? evicting = null;
        await board.StepAsync("Activity that lasts: Frozen, then Evicting", async () =>
        {
            var seen = await TouchUntilAsync("Evicting", cancellationToken, alsoSeen: "InUse").ConfigureAwait(false);
            if (seen.State == "Evicting") evicting = seen.Since;
            return "";
        }).ConfigureAwait(false);
        await board.StepAsync("The guest is suspended and the memory is back", async () =>
        {
            await TouchUntilAsync("InUse", cancellationToken).ConfigureAwait(false);
            await UntilAsync(VmStatus.Suspended, cancellationToken, touching: true).ConfigureAwait(false);
            if (cloud.StillInMemory() is { Length: > 0 } left) throw new DayBrokenException($"{left}.");
            var times = await cloud.TimesAsync(evicting, cancellationToken).ConfigureAwait(false);
            Result = Result with
            {
                HoldMs = times.HoldMs ?? Result.HoldMs,
                MemoryReturnedMib = times.MemoryReturnedMiB,
                MemoryReturnedMs = times.MemoryReturnedMs,
                TicksBefore = ticks.Last,
            };
            return string.Create(CultureInfo.InvariantCulture, $"{times.MemoryReturnedMiB} MiB in {times.MemoryReturnedMs:0} ms");
        }).ConfigureAwait(false);
    }

    private async Task ReturnAsync(CancellationToken cancellationToken)
    {
        seat.Rest();
        var before = ticks.Last;
        await UntilStateAsync("The owner leaves: the node is Available", "Available", cancellationToken).ConfigureAwait(false);
        await UntilHostAsync("The host is open once more", open: true, cancellationToken).ConfigureAwait(false);
        await UntilVmAsync("The guest is resumed", VmStatus.Running, cancellationToken).ConfigureAwait(false);
        await UntilTickAsync("The count goes on, no tick lost or repeated", before + 3, cancellationToken).ConfigureAwait(false);
        CheckCount();
        var times = await cloud.TimesAsync(null, cancellationToken).ConfigureAwait(false);
        // The count is whole, so the first tick after the resume was the one after the last before it.
        Result = Result with { ResumeMs = times.ResumeMs, TicksBefore = before, TicksAfter = before + 1 };
    }

    private async Task<string> DeleteAsync(CancellationToken cancellationToken)
    {
        await cloud.DeleteAsync(cancellationToken).ConfigureAwait(false);
        await WaitAsync(
            async () => (await StatusAsync(cancellationToken).ConfigureAwait(false)).Guests.Count == 0 && (await cloud.LookAsync(cancellationToken).ConfigureAwait(false)).Status is null,
            "the VM is gone",
            cloud.LookEvery,
            cancellationToken).ConfigureAwait(false);
        return "";
    }

    private void CheckCount()
    {
        if (ticks.Fault is { } fault) throw new DayBrokenException($"The guest's count is wrong: {fault}.");
    }
}
