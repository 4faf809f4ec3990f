using Microsoft.Extensions.Logging;
using Opportunism.Core.Availability;

namespace Opportunism.Agent.Availability;

/// <summary>Logs what the deciding thread did, on a thread of its own: a log that is not read may block this thread for ever and harms
/// nothing else.</summary>
internal sealed partial class DecisionLog(IWakeUp wakeUp, ILogger<DecisionLog> log)
{
    private readonly DecisionQueue queue = new();
    private long droppedBefore;

    /// <summary>Records an entry for the log. The deciding thread only; never waits, never allocates.</summary>
    public void Add(in Decision decision)
    {
        queue.Add(decision);
        wakeUp.Wake();
    }

    /// <summary>Logs until cancelled, and then the entries that are left. Blocks its thread, which should be its own.</summary>
    public void Run(CancellationToken cancellationToken) => wakeUp.StepWhenWoken(Step, cancellationToken);

    /// <summary>Logs everything that has been recorded so far.</summary>
    internal void Step()
    {
        while (queue.TryTake(out var decision))
        {
            Log(decision);
            // After the oldest entry: once that is written the log is read again.
            var dropped = queue.Dropped;
            if (dropped == droppedBefore) continue;
            LogDropped(dropped - droppedBefore);
            droppedBefore = dropped;
        }
    }

    private void Log(in Decision decision)
    {
        var (inMemory, result) = (decision.Guests, decision.Result);
        switch (decision.Kind)
        {
            case DecisionKind.ThawRefused:
                LogThawRefused();
                return;
            case DecisionKind.Ended:
                LogEnded(inMemory, result.Brake);
                return;
            case DecisionKind.Frozen:
                LogHowFrozen(inMemory, result, "programs wait for memory");
                return;
        }

        LogEntered(decision.From, decision.State, decision.Reason.Sentence, inMemory);
        if (decision.State == NodeState.Frozen) LogHowFrozen(inMemory, result, decision.Reason.Sentence);
    }

    private void LogHowFrozen(int inMemory, BrakeResult result, string cause)
    {
        if (result.Brake == Brake.Freeze) LogFrozen(inMemory, result.StillIn.TotalMilliseconds, result.LeakedCpu.TotalMilliseconds, cause);
        else if (result.Brake == Brake.None) LogNotFrozen(inMemory);
        else LogCruderBrake(result.Brake, inMemory, result.StillIn.TotalMilliseconds);
    }
}
