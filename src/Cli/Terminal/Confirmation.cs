using Spectre.Console;

namespace Opportunism.Cli.Terminal;

/// <summary>Asks a person before something that cannot be undone; a script is taken at its word.</summary>
internal static class Confirmation
{
    public static async Task<bool> AsksAsync(CliWorld world, bool yes, string question, CancellationToken cancellationToken) =>
        yes || !world.Console.Profile.Capabilities.Interactive || await new ConfirmationPrompt(Markup.Escape(question))
        {
            DefaultValue = false,
        }.ShowAsync(world.Console, cancellationToken);
}
