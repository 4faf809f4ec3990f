namespace Opportunism.Agent.Monitors;

/// <summary>What to do on a machine where no monitor has anything to watch: no keyboard, mouse or display.</summary>
public enum WithoutSeat
{
    /// <summary>Nothing is lent: that there is no owner to be seen does not mean that there is none.</summary>
    Refuse,

    /// <summary>It is lent; whoever types in a terminal (ssh users) and the machine's load count as its owner.</summary>
    Lend,
}
