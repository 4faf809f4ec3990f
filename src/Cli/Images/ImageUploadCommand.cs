using System.CommandLine;
using Opportunism.Cli.Terminal;
using Opportunism.Contracts.Api;
using Opportunism.Core;
using Opportunism.Core.Guests;
using Spectre.Console;

namespace Opportunism.Cli.Images;

/// <summary><c>image upload</c>: uploads a disk image to the site.</summary>
internal static class ImageUploadCommand
{
    public static Command Create(CliOptions options)
    {
        var file = new Argument<FileInfo>("file") { Description = "The image." };
        var name = new Option<string?>("--name") { Description = "Its name; by default the file's name without its ending." };
        var format = new Option<string>("--format")
        {
            Description = "Its format; never guessed: a guest could make its image look like another format and so read the host's files.",
            Required = true,
        };
        format.AcceptOnlyFromAmong("raw", "qcow2");
        return options.ForSite(new Command("upload", "Upload an image.") { file, name, format }, async (parsed, site, cancellationToken) =>
        {
            var image = parsed.GetValue(file)!;
            if (Directory.Exists(image.FullName))
                throw new CliFailure(ExitCode.NotFound, $"{image.FullName} is a folder; an image's file is expected.");
            if (!image.Exists) throw new CliFailure(ExitCode.NotFound, $"There is no file {image.FullName}.");
            var called = parsed.GetValue(name) ?? Path.GetFileNameWithoutExtension(image.Name).ToLowerInvariant();
            if (!Names.IsDnsLike(called) && parsed.GetValue(name) is null)
            {
                throw new CliFailure(
                    ExitCode.Usage,
                    $"The file's name would make the image's name '{called}', which is not 1 to 63 characters of a-z 0-9 . - beginning "
                    + "with a letter or digit: give one with --name.");
            }

            var kind = parsed.GetValue(format) == "raw" ? ImageFormat.Raw : ImageFormat.Qcow2;
            var view = await UploadAsync(options.World, site, image, called, kind, !parsed.GetValue(options.Json), cancellationToken);
            return options.Show(
                parsed, view, SiteJson.Default.ImageView,
                $"{view.Name} is {view.State}: {Words.MiB(view.Bytes / 1048576)}, sha256 {view.Sha256}.");
        });
    }

    private static async Task<ImageView> UploadAsync(
        CliWorld world, SiteClient site, FileInfo image, string name, ImageFormat format, bool showProgress,
        CancellationToken cancellationToken)
    {
        Stream content;
        try
        {
            content = image.OpenRead();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CliFailure(ExitCode.Failed, $"{image.FullName} cannot be read: {failure.Message}");
        }

        long sent = 0;
        await using (content)
        {
            try
            {
                return await SendAsync(world, site, content, name, format, showProgress, bytes => sent = bytes, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                throw new CliFailure(ExitCode.Interrupted, sent < image.Length
                    ? $"Interrupted after {Words.MiB(sent >> 20)} of {Words.MiB(image.Length >> 20)}: the site keeps nothing of it. "
                        + $"Upload {name} again from the start."
                    : $"Interrupted before the site answered: 'opportunism image list' shows whether it has {name}.");
            }
        }
    }

    private static async Task<ImageView> SendAsync(
        CliWorld world, SiteClient site, Stream content, string name, ImageFormat format, bool showProgress, Action<long> report,
        CancellationToken cancellationToken)
    {
        if (!showProgress || !world.Console.Profile.Capabilities.Interactive)
            return await site.UploadImageAsync(name, format, content, content.Length, new ImmediateProgress(report), cancellationToken);
        return await world.Console.Progress()
            .Columns(
                new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new TransferSpeedColumn(),
                new RemainingTimeColumn())
            .StartAsync(async progress =>
        {
            var bar = progress.AddTask(Markup.Escape(name), maxValue: Math.Max(1, content.Length));
            var moving = new ImmediateProgress(sent =>
            {
                bar.Value = sent;
                report(sent);
            });
            var view = await site.UploadImageAsync(name, format, content, content.Length, moving, cancellationToken);
            bar.Value = bar.MaxValue;
            return view;
        });
    }
}
