using Spectre.Console;

namespace Opportunism.Cli.Terminal;

/// <summary>Asks for confirmation before an action that cannot be undone; a script is not asked, and the action is done.</summary>
internal static class Confirmation
{
    public static async Task<bool> AsksAsync(CliWorld world, bool yes, string question, CancellationToken cancellationToken) =>
        yes || !world.Console.Profile.Capabilities.Interactive || await new ConfirmationPrompt(Markup.Escape(question))
        {
            DefaultValue = false,
        }.ShowAsync(world.Console, cancellationToken);
}
