using Microsoft.Extensions.Logging;
using Opportunism.Core.Availability;

namespace Opportunism.Agent.Availability;

internal sealed partial class DecisionLog
{
    [LoggerMessage(1000, LogLevel.Information, "Node went from {From} to {State}: {Reason}; {Guests} guests in memory")]
    private partial void LogEntered(NodeState from, NodeState state, string reason, int guests);

    [LoggerMessage(
        1001, LogLevel.Information, "{Guests} guests frozen, still after {StillMs:0.00} ms, {LeakedMs:0.00} ms of CPU leaked: {Cause}")]
    private partial void LogFrozen(int guests, double stillMs, double leakedMs, string cause);

    [LoggerMessage(
        1002, LogLevel.Error,
        "Freezer deadline missed; {Guests} guests were halted by {Brake} after {StillMs:0.0} ms. Run 'opportunism doctor' on this desktop")]
    private partial void LogCruderBrake(Brake brake, int guests, double stillMs);

    [LoggerMessage(
        1003, LogLevel.Critical,
        "Could not freeze or kill {Guests} guests. Kill their QEMU processes and run 'opportunism doctor' on this desktop")]
    private partial void LogNotFrozen(int guests);

    [LoggerMessage(1004, LogLevel.Error, "Could not thaw the guests' cgroup; guests stay frozen. Run 'opportunism doctor' on this desktop")]
    private partial void LogThawRefused();

    [LoggerMessage(1005, LogLevel.Information, "Agent shutting down; {Guests} guests left frozen ({Brake})")]
    private partial void LogEnded(int guests, Brake brake);

    [LoggerMessage(
        1006, LogLevel.Warning,
        "{Dropped} log entries of the deciding thread were dropped because the log was not read. Look at what reads the agent's log")]
    private partial void LogDropped(long dropped);
}
