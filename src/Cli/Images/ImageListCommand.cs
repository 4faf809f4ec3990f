using System.CommandLine;
using Opportunism.Cli.Terminal;
using Opportunism.Contracts.Api;

namespace Opportunism.Cli.Images;

/// <summary><c>image list</c>: every image of the site.</summary>
internal static class ImageListCommand
{
    public static Command Create(CliOptions options) =>
        options.ForSite(new Command("list", "List images."), async (parsed, site, cancellationToken) =>
        {
            var images = await site.ImagesAsync(cancellationToken);
            return options.Show(parsed, images, SiteJson.Default.IReadOnlyListImageView, () =>
            {
                var table = TextTable.With("image", "state", "format", "size", "vms", "sha256");
                foreach (var image in images)
                    table.Row(
                        image.Name, image.State, image.Format.ToString(), Words.MiB(image.Bytes / 1048576), $"{image.Vms}", image.Sha256);
                options.World.Console.Show(table, "There is no image. 'opportunism image upload' adds one.");
            });
        });
}
