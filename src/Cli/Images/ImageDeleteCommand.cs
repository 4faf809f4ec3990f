using System.CommandLine;
using System.Text.Json;
using Opportunism.Cli.Terminal;

namespace Opportunism.Cli.Images;

/// <summary><c>image delete</c>: deletes an image that no VM needs.</summary>
internal static class ImageDeleteCommand
{
    public static Command Create(CliOptions options)
    {
        var image = new Argument<string>("image") { Description = "The image's name or SHA-256." };
        return options.ForSite(
            new Command("delete", "Delete an image that no VM needs.") { image }, async (parsed, site, cancellationToken) =>
        {
            var name = parsed.GetValue(image)!;
            await site.DeleteImageAsync(name, cancellationToken);
            options.World.Output.WriteLine(
                parsed.GetValue(options.Json) ? $"{{\"deleted\":\"{JsonEncodedText.Encode(name)}\"}}" : $"{name} is deleted.");
            return ExitCode.Done;
        });
    }
}
