using Opportunism.Contracts.Local;
using Opportunism.Core.Fleet;

namespace Opportunism.Workshop.Try;

/// <content>The waits of the steps of a day. Each has a time limit.</content>
internal sealed partial class Day
{
    // What takes longer than this, even on a slow machine, has failed.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    // How often the agent is called, whose reply costs almost nothing.
    private static readonly TimeSpan AskAgentEvery = TimeSpan.FromMilliseconds(50);

    private Task UntilStateAsync(string name, string state, CancellationToken cancellationToken) => board.StepAsync(name, async () =>
    {
        var now = await StatusAsync(cancellationToken);
        await WaitAsync(
            async () =>
            {
                now = await StatusAsync(cancellationToken);
                board.Detail($"{now.State}: {now.Reason}");
                return now.State == state;
            },
            $"the node is {state}",
            AskAgentEvery,
            cancellationToken);
        return now.Reason;
    });

    /// <summary>Waits until the cloud shows the host as open or closed; the owner stays until it is closed.</summary>
    private async Task UntilHostAsync(string name, bool open, CancellationToken cancellationToken)
    {
        if (!cloud.HasHosts) return;
        await board.StepAsync(name, async () =>
        {
            var seen = new HostSight(null, "");
            await WaitAsync(
                async () =>
                {
                    if (!open) await seat.TouchAsync(cancellationToken);
                    seen = await cloud.LookAtHostAsync(cancellationToken);
                    board.Detail(seen.Sentence);
                    return seen.Open == open;
                },
                $"the host is {(open ? "open" : "closed")}",
                cloud.LookEvery,
                cancellationToken);
            return seen.Sentence;
        });
    }

    private Task UntilVmAsync(string name, VmStatus status, CancellationToken cancellationToken) =>
        board.StepAsync(name, () => UntilAsync(status, cancellationToken));

    private Task UntilTickAsync(string name, int tick, CancellationToken cancellationToken) => board.StepAsync(name, async () =>
    {
        await WaitAsync(
            () =>
            {
                CheckCount();
                board.Detail($"tick {ticks.Last}");
                return Task.FromResult(ticks.Last >= tick);
            },
            $"the guest has counted to {tick}",
            AskAgentEvery,
            cancellationToken);
        return $"tick {ticks.Last}";
    });

    private async Task<string> UntilAsync(VmStatus status, CancellationToken cancellationToken, bool touching = false)
    {
        var seen = new GuestSight(null, "");
        await WaitAsync(
            async () =>
            {
                if (touching) await seat.TouchAsync(cancellationToken);
                seen = await cloud.LookAsync(cancellationToken);
                board.Detail($"{seen.Status} {seen.Sentence}");
                if (seen.Status is VmStatus.Failed) throw new DayBrokenException($"The VM failed: {seen.Sentence}");
                return seen.Status == status;
            },
            $"the VM is {status}",
            cloud.LookEvery,
            cancellationToken);
        return seen.Sentence;
    }

    private async Task<LocalStatus> TouchUntilAsync(string state, CancellationToken cancellationToken, string? alsoSeen = null)
    {
        LocalStatus? now = null;
        await WaitAsync(
            async () =>
            {
                await seat.TouchAsync(cancellationToken);
                now = await StatusAsync(cancellationToken);
                board.Detail($"{now.State}: {now.Reason}");
                return now.State == state || now.State == alsoSeen;
            },
            $"the node is {state}",
            AskAgentEvery,
            cancellationToken);
        return now!;
    }

    private async Task WaitAsync(Func<Task<bool>> reached, string what, TimeSpan every, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        while (!await reached())
        {
            site.CheckAlive();
            if (time.GetElapsedTime(began) > Patience)
                throw new DayBrokenException(
                    $"After {Patience.TotalMinutes} minutes it was not seen that {what}. The logs are in {site.Folders.Logs}.");
            await Task.Delay(every, time, cancellationToken);
        }
    }

    private async Task<LocalStatus> StatusAsync(CancellationToken cancellationToken)
    {
        var reply = await site.Agent.AskAsync(new(LocalAsk.Status), cancellationToken);
        return reply.Status ?? throw new DayBrokenException($"The agent answered: {reply.Error}");
    }
}
