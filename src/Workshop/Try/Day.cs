using System.Globalization;
using System.Runtime.Versioning;
using Opportunism.Core.Availability;
using Opportunism.Core.Fleet;
using Opportunism.Workshop.Site;

namespace Opportunism.Workshop.Try;

/// <summary>Plays one day of a desktop and checks that everything happens as it should: the steps are the sentences below, in
/// order.</summary>
[SupportedOSPlatform("linux")]
internal sealed partial class Day(LocalSite site, ISeat seat, IDayCloud cloud, DayBoard board, TimeProvider time)
{
    /// <summary>The waiting times of a day: short enough to watch, long enough for every state to be seen.</summary>
    public static readonly AvailabilityTimes Times = new()
    {
        IdleFor = TimeSpan.FromSeconds(7),
        ThawAfter = TimeSpan.FromSeconds(7),
        HoldAfter = TimeSpan.FromSeconds(1),
        PresaveAfter = TimeSpan.FromSeconds(3),
        EvictAfter = TimeSpan.FromSeconds(8),
    };

    private readonly TickCounter ticks = new(cloud.ReadConsoleAsync);

    /// <summary>The measurements so far.</summary>
    public DayResult Result { get; private set; } = new() { Steps = [] };

    /// <exception cref="DayBrokenException">A step was not seen to happen.</exception>
    public async Task PlayAsync(CancellationToken cancellationToken)
    {
        using var read = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reading = Task.CompletedTask;
        try
        {
            if (cloud.GuestsWait) await board.StepAsync("A VM is asked for and waits", () => cloud.AskAsync(cancellationToken));
            seat.Rest();
            await UntilStateAsync("The owner is away: the node becomes Available", "Available", cancellationToken);
            await UntilHostAsync("The cloud may place guests on it: its host is open", open: true, cancellationToken);
            if (!cloud.GuestsWait) await board.StepAsync("A VM is asked for", () => cloud.AskAsync(cancellationToken));
            await UntilVmAsync("The guest boots", VmStatus.Running, cancellationToken);
            reading = ticks.ReadAsync(read.Token);
            await UntilTickAsync("The guest counts", 3, cancellationToken);
            await BumpAsync(cancellationToken);
            await StayAsync(cancellationToken);
            await ReturnAsync(cancellationToken);
        }
        finally
        {
            await read.CancelAsync();
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        CheckCount();
        await board.StepAsync("The VM is deleted", () => DeleteAsync(cancellationToken));
    }

    private async Task BumpAsync(CancellationToken cancellationToken)
    {
        await board.StepAsync("Activity: the guest is Frozen", async () =>
        {
            await TouchUntilAsync("Frozen", cancellationToken);
            var freeze = (await StatusAsync(cancellationToken)).LastFreeze ?? throw new DayBrokenException("The agent tells of no freeze.");
            if (freeze.Guests != 1 || freeze.Brake != "freeze")
                throw new DayBrokenException(
                    $"The freeze had {freeze.Guests} guests and needed the brake '{freeze.Brake}'; 1 and 'freeze' were expected.");
            Result = Result with { FreezeMs = freeze.StillMs, LeakedCpuMs = freeze.LeakedCpuMs };
            return string.Create(CultureInfo.InvariantCulture, $"still after {freeze.StillMs:0.00} ms");
        });
        await UntilHostAsync("Its host is closed in the cloud", open: false, cancellationToken);

        seat.Rest();
        await board.StepAsync("It does not tick", async () =>
        {
            // The console's last bytes are still on their way: the agent reads twice a second, and the machine is busy.
            await Task.Delay(TimeSpan.FromSeconds(2), time, cancellationToken);
            var before = ticks.Last;
            await Task.Delay(TimeSpan.FromSeconds(2.5), time, cancellationToken);
            return ticks.Last == before
                ? $"tick {before} for 2.5 s"
                : throw new DayBrokenException($"The guest ticked from {before} to {ticks.Last} while the owner was there.");
        });

        var stood = ticks.Last;
        await UntilStateAsync("It was only a bump: the node is Available again", "Available", cancellationToken);
        await UntilHostAsync("Its host is open again", open: true, cancellationToken);
        await UntilTickAsync("The guest continues where it was", stood + 3, cancellationToken);
        var times = await cloud.TimesAsync(null, cancellationToken);
        Result = Result with { HoldMs = times.HoldMs, ThawMs = times.ThawMs };
    }

    private async Task StayAsync(CancellationToken cancellationToken)
    {
        DateTimeOffset? evicting = null;
        await board.StepAsync("Activity that lasts: Frozen, then Evicting", async () =>
        {
            var seen = await TouchUntilAsync("Evicting", cancellationToken, alsoSeen: "InUse");
            if (seen.State == "Evicting") evicting = seen.Since;
            return "";
        });
        await board.StepAsync("The guest is suspended and the memory is back", async () =>
        {
            await TouchUntilAsync("InUse", cancellationToken);
            await UntilAsync(VmStatus.Suspended, cancellationToken, touching: true);
            if (cloud.StillInMemory() is { Length: > 0 } left) throw new DayBrokenException($"{left}.");
            var times = await cloud.TimesAsync(evicting, cancellationToken);
            Result = Result with
            {
                HoldMs = times.HoldMs ?? Result.HoldMs,
                MemoryReturnedMib = times.MemoryReturnedMiB,
                MemoryReturnedMs = times.MemoryReturnedMs,
                TicksBefore = ticks.Last,
            };
            return string.Create(CultureInfo.InvariantCulture, $"{times.MemoryReturnedMiB} MiB in {times.MemoryReturnedMs:0} ms");
        });
    }

    private async Task ReturnAsync(CancellationToken cancellationToken)
    {
        seat.Rest();
        var before = ticks.Last;
        await UntilStateAsync("The owner leaves: the node is Available", "Available", cancellationToken);
        await UntilHostAsync("The host is open once more", open: true, cancellationToken);
        await UntilVmAsync("The guest is resumed", VmStatus.Running, cancellationToken);
        await UntilTickAsync("The count continues, no tick lost or repeated", before + 3, cancellationToken);
        CheckCount();
        var times = await cloud.TimesAsync(null, cancellationToken);
        // No tick is missing, so the first tick after the resume was the one after the last before it.
        Result = Result with { ResumeMs = times.ResumeMs, TicksBefore = before, TicksAfter = before + 1 };
    }

    private async Task<string> DeleteAsync(CancellationToken cancellationToken)
    {
        await cloud.DeleteAsync(cancellationToken);
        await WaitAsync(
            async () => (await StatusAsync(cancellationToken)).Guests.Count == 0
                && (await cloud.LookAsync(cancellationToken)).Status is null,
            "the VM is gone",
            cloud.LookEvery,
            cancellationToken);
        return "";
    }

    private void CheckCount()
    {
        if (ticks.Fault is { } fault) throw new DayBrokenException($"The guest's count is wrong: {fault}.");
    }
}
