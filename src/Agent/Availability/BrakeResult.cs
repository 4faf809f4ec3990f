namespace Opportunism.Agent.Availability;

/// <summary>The brake that halted the guests, from gentle to crude.</summary>
internal enum Brake
{
    /// <summary>The kernel's freezer.</summary>
    Freeze,

    /// <summary>SIGSTOP to each process.</summary>
    Signal,

    /// <summary>SIGKILL to each process.</summary>
    Kill,

    /// <summary>Not even SIGKILL: guests still use CPU.</summary>
    None,
}

/// <summary>How the guests were halted.</summary>
/// <param name="Brake">The brake that was needed.</param>
/// <param name="StillIn">From the decision until no guest used CPU.</param>
/// <param name="LeakedCpu">CPU time guests used after the decision.</param>
internal readonly record struct BrakeResult(Brake Brake, TimeSpan StillIn, TimeSpan LeakedCpu);
