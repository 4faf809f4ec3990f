namespace Opportunism.Cli.Terminal;

/// <summary>The exit codes, for scripts; the numbers never change and are listed in docs/operating/command-line.md.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>It was tried and failed, or a check found a problem.</summary>
    public const int Failed = 1;

    /// <summary>The arguments are invalid.</summary>
    public const int Usage = 2;

    /// <summary>There is no such node, VM, image, token or file.</summary>
    public const int NotFound = 3;

    /// <summary>No site, agent or cloud is configured, or it does not reply.</summary>
    public const int NotConnected = 4;

    /// <summary>The token, or the cloud's credential, does not allow it.</summary>
    public const int NotAllowed = 5;

    /// <summary>It was tried, and the result is not known yet.</summary>
    public const int NotKnown = 6;

    /// <summary>A person or the system ended it before it was done.</summary>
    public const int Interrupted = 130;
}
