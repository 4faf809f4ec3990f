using System.Runtime.Versioning;

namespace Opportunism.TestKit.Sites;

/// <summary>A desktop with the published agent and without a site: on its controller's address nothing listens.</summary>
[SupportedOSPlatform("linux")]
public sealed class LoneDesktop : IAsyncDisposable
{
    private readonly string folder;

    private LoneDesktop(string folder, RealDesktop desktop) => (this.folder, Desktop) = (folder, desktop);

    public RealDesktop Desktop { get; }

    /// <summary>Makes it; its agent is not started yet.</summary>
    /// <param name="seatless">Ignores its own display too, so that no monitor has anything to watch.</param>
    public static async Task<LoneDesktop> MakeAsync(bool seatless = false)
    {
        var name = "opp-lone-" + Guid.NewGuid().ToString("N")[..8];
        var folder = "/var/tmp/" + name;
        // Port 9 is that of the discard service, which is not used any more.
        return new(
            folder,
            await RealDesktop.MakeAsync(
                "lone", name, folder, RealSite.AgentProgram, new Uri("https://127.0.0.1:9"), "none", more: "", seatless: seatless));
    }

    public async ValueTask DisposeAsync()
    {
        await Desktop.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}
