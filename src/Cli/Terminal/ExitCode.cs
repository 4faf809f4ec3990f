namespace Opportunism.Cli.Terminal;

/// <summary>What a command leaves behind for scripts; the numbers never change and stand in docs/operating/command-line.md.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>It was tried and did not work, or what was asked about is not well.</summary>
    public const int Failed = 1;

    /// <summary>The words cannot be understood, or a value is not allowed.</summary>
    public const int Usage = 2;

    /// <summary>There is no such node, VM, image, token or file.</summary>
    public const int NotFound = 3;

    /// <summary>No site, agent or cloud is known, or it does not answer.</summary>
    public const int NotConnected = 4;

    /// <summary>The token, or the cloud's credential, does not allow it.</summary>
    public const int NotAllowed = 5;

    /// <summary>It was tried, and cannot be told yet.</summary>
    public const int NotKnown = 6;

    /// <summary>A person or the system ended it before it was done.</summary>
    public const int Interrupted = 130;
}
