namespace Opportunism.Agent.Monitors;

/// <summary>What to do on a machine where no monitor has anything to watch: no keyboard, mouse or display.</summary>
public enum WithoutSeat
{
    /// <summary>Nothing is lent: an owner who cannot be seen may still be there.</summary>
    Refuse,

    /// <summary>It is lent; people who type in a terminal (ssh users) and the machine's load count as its owner.</summary>
    Lend,
}
