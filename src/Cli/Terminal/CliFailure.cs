
namespace Opportunism.Cli.Terminal;

/// <summary>Ends a command with a sentence for the user and an <see cref="ExitCode"/>.</summary>
internal sealed class CliFailure(int exitCode, string message) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}
