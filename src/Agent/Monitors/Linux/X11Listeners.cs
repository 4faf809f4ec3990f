using System.Globalization;
using System.Runtime.Versioning;

namespace Opportunism.Agent.Monitors.Linux;

/// <summary>Which programs listen on the sockets of X displays, found without a connection: a Wayland compositor starts its X server at the
/// first connection.</summary>
/// <remarks>Such a server takes tens of MiB, usually rejects the agent, and the owner did not start it.</remarks>
[SupportedOSPlatform("linux")]
internal sealed class X11Listeners
{
    private const int Accepting = 0x10000;

    // Compositors whose socket may not be named wayland-N, and programs that start servers for one. The kernel cuts names after 15 letters.
    private static readonly HashSet<string> Starters =
        [
            "gnome-shell", "mutter", "kwin_wayland", "kwin_wayland_wr", "sway", "weston", "labwc", "wayfire", "Hyprland", "river", "cage",
            "gamescope", "gamescope-wl", "xwayland-satell", "systemd"];

    private readonly List<(string Path, string Link)> sockets = [];
    private readonly ILookup<string, int> holders;

    private X11Listeners(IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            // Num RefCount Protocol Flags Type St Inode Path
            var words = line.Split(' ', 8, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 8 || !int.TryParse(words[3], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var flags)
                || (flags & Accepting) == 0)
                continue;
            if (IsDisplay(words[7]) || IsWayland(words[7])) sockets.Add((words[7], $"socket:[{words[6]}]"));
        }

        holders = OpenFiles.Held(sockets.Select(socket => socket.Link).ToHashSet()).ToLookup(file => file.Link, file => file.Process);
    }

    /// <summary>Reads which programs listen now.</summary>
    public static X11Listeners Read() => new(File.Exists("/proc/net/unix") ? File.ReadLines("/proc/net/unix") : []);

    /// <summary>The program that would start an X server if one connected; null when a server listens already, or when that cannot be
    /// known.</summary>
    /// <param name="address">The display's socket: a path, or <c>@</c> and a name without a file.</param>
    public string? StarterOf(string address)
    {
        var path = address[0] == '@' ? address[1..] : BoundPath(address);
        var listening = sockets.Where(socket => socket.Path == path || socket.Path == "@" + path).SelectMany(socket => holders[socket.Link])
            .Distinct().ToList();
        var names = listening.ConvertAll(OpenFiles.NameOf);

        // A server that was started on demand has the socket open besides its compositor: Xwayland, and the name of every other one begins
        // with X too.
        if (names.Exists(name => name.StartsWith('X'))) return null;
        var compositors = sockets.Where(socket => IsWayland(socket.Path)).SelectMany(socket => holders[socket.Link]).ToHashSet();
        var starter = Enumerable.Range(0, listening.Count)
            .FirstOrDefault(i => compositors.Contains(listening[i]) || Starters.Contains(names[i]), -1);
        return starter < 0 ? null : names[starter];
    }

    // The kernel lists a socket under the path it was bound to, which a link does not change.
    private static string BoundPath(string path)
    {
        try
        {
            return new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? path;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return path;
        }
    }

    private static bool IsDisplay(string path) => Path.GetFileName(path.AsSpan()) is ['X', >= '0' and <= '9', ..];

    private static bool IsWayland(string path) => Path.GetFileName(path.AsSpan()).StartsWith("wayland-", StringComparison.Ordinal);
}
