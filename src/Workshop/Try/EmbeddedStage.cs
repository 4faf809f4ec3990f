using System.Globalization;
using System.Runtime.Versioning;
using Opportunism.Cli.Terminal;
using Opportunism.Core.Guests;
using Opportunism.Workshop.Site;

namespace Opportunism.Workshop.Try;

/// <summary>The controller's own cloud: nothing but an image is needed.</summary>
[SupportedOSPlatform("linux")]
internal sealed class EmbeddedStage(SiteFolders folders, string name, DayBoard board, TimeProvider time) : IStage
{
    public string Sentence => "A tiny bootable image is made";

    public SiteSettings Settings { get; } = new(name, Day.Times, BusyOwner: true);

    private string Image => Path.Combine(folders.State, "tick.qcow2");

    public async Task<string> MakeAsync(CancellationToken cancellationToken)
    {
        await using var maker = OwnProcess.Start("image", folders.TickImage, [Image, "--cache", "/var/cache/opportunism"], folders.Logs);
        while (!maker.HasExited) await Task.Delay(TimeSpan.FromMilliseconds(100), time, cancellationToken);
        return File.Exists(Image)
            ? "this distribution's kernel and busybox"
            : throw new IOException($"The image could not be made:\n{maker.LogTail()}");
    }

    public async Task<IDayCloud> EnterAsync(LocalSite site, CancellationToken cancellationToken)
    {
        await board.StepAsync("The image is uploaded", () => UploadAsync(site, cancellationToken));
        return new EmbeddedDayCloud(site);
    }

    public Task RemoveAsync() => Task.CompletedTask;

    private async Task<string> UploadAsync(LocalSite site, CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(Image);
        var total = file.Length;
        var progress = new ImmediateProgress(sent => board.Detail(string.Create(CultureInfo.InvariantCulture, $"{100 * sent / total} %")));
        var view = await site.Client.UploadImageAsync(EmbeddedDayCloud.Image, ImageFormat.Qcow2, file, total, progress, cancellationToken);
        return string.Create(CultureInfo.InvariantCulture, $"{total / 1048576.0:0.0} MiB, sha256 {view.Sha256[..12]}");
    }
}
