using System.Threading.Channels;
using Opportunism.Agent.Availability;
using Opportunism.Contracts.Nodes;
using Opportunism.Core;
using Opportunism.Hypervisors;

namespace Opportunism.Agent.Guests;

/// <summary>Makes one pass over the guests after another, never two at once: when the node's state, the plan or a guest has changed, when
/// it is woken, or at the time that the pass before returned.</summary>
/// <param name="guests">The guests of this machine.</param>
/// <param name="node">What the deciding thread has decided.</param>
/// <param name="plan">The controller's plan.</param>
/// <param name="time">Clock.</param>
/// <param name="onFault">Called when a pass threw; the next one begins a while later.</param>
internal sealed class PassLoop(
    IMachineGuests guests, Level<NodeStatus> node, Level<NodePlan> plan, TimeProvider time, Action<Exception> onFault)
{
    // After a bug in a pass the next one may fail too; this limits how often that is logged.
    private static readonly TimeSpan PauseAfterFault = TimeSpan.FromSeconds(5);

    private readonly Channel<bool> wake =
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Another pass is due now. Any thread.</summary>
    public void Wake() => wake.Writer.TryWrite(true);

    /// <summary>Makes passes until cancelled, the first at once.</summary>
    /// <param name="pass">One pass; returns when to make another although nothing has changed, null for not at all.</param>
    /// <param name="cancellationToken">Ends it, with an <see cref="OperationCanceledException"/>.</param>
    public async Task RunAsync(Func<CancellationToken, Task<TimeSpan?>> pass, CancellationToken cancellationToken)
    {
        guests.GuestsChanged += Wake;
        using var timer = time.CreateTimer(_ => Wake(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        try
        {
            await Task.WhenAll(
                WakeOnAsync(node, cancellationToken), WakeOnAsync(plan, cancellationToken),
                PassAfterPassAsync(pass, timer, cancellationToken));
        }
        finally
        {
            guests.GuestsChanged -= Wake;
        }
    }

    private async Task WakeOnAsync<T>(Level<T> level, CancellationToken cancellationToken)
        where T : class
    {
        for (var last = level.Current; ; Wake()) last = await level.NewerThanAsync(last, cancellationToken);
    }

    private async Task PassAfterPassAsync(Func<CancellationToken, Task<TimeSpan?>> pass, ITimer timer, CancellationToken cancellationToken)
    {
        while (true)
        {
            TimeSpan? next;
            try
            {
                next = await pass(cancellationToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                onFault(exception);
                next = PauseAfterFault;
            }

            timer.Change(next ?? Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            await wake.Reader.ReadAsync(cancellationToken);
        }
    }
}
