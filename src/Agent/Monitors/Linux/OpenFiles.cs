using System.Globalization;
using System.Runtime.Versioning;
using System.Text;
using Opportunism.Agent.Platform.Linux.Kernel;

namespace Opportunism.Agent.Monitors.Linux;

/// <summary>Finds the processes that hold a file or a socket open, from /proc. Processes that the agent may not inspect are left
/// out.</summary>
[SupportedOSPlatform("linux")]
internal static class OpenFiles
{
    private const int LongestLink = 256;

    /// <summary>Every descriptor of another process that refers to one of these: a path, or <c>socket:[inode]</c>.</summary>
    public static IReadOnlyList<(int Process, string Link)> Held(IReadOnlySet<string> links)
    {
        var held = new List<(int Process, string Link)>();
        if (links.Count == 0) return held;
        Span<byte> buffer = stackalloc byte[LongestLink];
        foreach (var process in Processes())
        {
            if (process == Environment.ProcessId) continue;
            foreach (var descriptor in Descriptors(process))
            {
                var length = (int)Libc.ReadLink(descriptor, buffer, LongestLink);
                if (length is > 0 and < LongestLink && links.Contains(Encoding.UTF8.GetString(buffer[..length])))
                    held.Add((process, Encoding.UTF8.GetString(buffer[..length])));
            }
        }

        return held;
    }

    /// <summary>Every process.</summary>
    public static IEnumerable<int> Processes()
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var process))
                yield return process;
        }
    }

    /// <summary>A process's name, at most 15 letters; empty when it has ended.</summary>
    public static string NameOf(int process)
    {
        try
        {
            return string.Concat(File.ReadAllText($"/proc/{process}/comm").Trim().Select(letter => char.IsControl(letter) ? '?' : letter));
        }
        catch (Exception ended) when (ended is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static string[] Descriptors(int process)
    {
        try
        {
            return Directory.GetFileSystemEntries($"/proc/{process}/fd");
        }
        catch (Exception ended) when (ended is IOException or UnauthorizedAccessException)
        {
            // It has ended, or belongs to another user and the agent is not root.
            return [];
        }
    }
}
