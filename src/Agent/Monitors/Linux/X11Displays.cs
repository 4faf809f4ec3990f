using System.Globalization;
using System.Runtime.Versioning;
using System.Text;
using Opportunism.Agent.Platform.Linux.Kernel;

namespace Opportunism.Agent.Monitors.Linux;

/// <summary>Finds the X displays of this machine and the cookies that open them.</summary>
[SupportedOSPlatform("linux")]
internal static class X11Displays
{
    // More than the servers, sessions and old entries of any machine.
    private const int MostCookies = 8;

    /// <summary>Every display that has a socket: its number and the socket's address (a path, or <c>@</c> and a name without a
    /// file).</summary>
    public static SortedDictionary<int, string> Find(string folder)
    {
        var found = new SortedDictionary<int, string>();
        if (File.Exists("/proc/net/unix"))
        {
            foreach (var line in File.ReadLines("/proc/net/unix"))
            {
                if (line.LastIndexOf(" @", StringComparison.Ordinal) is > 0 and var at
                    && Number(line[(at + 2)..], folder + "/X") is { } number)
                    found[number] = line[(at + 1)..];
            }
        }

        // A socket with a file comes first: its owner can be found in any network namespace.
        if (Directory.Exists(folder))
        {
            foreach (var path in Directory.EnumerateFileSystemEntries(folder, "X*"))
            {
                if (Number(path, folder + "/X") is { } number) found[number] = path;
            }
        }

        return found;
    }

    /// <summary>Cookies to try for a display, the likeliest first.</summary>
    /// <param name="display">Its number.</param>
    /// <param name="process">The process that listens on its socket; 0 when unknown.</param>
    /// <param name="user">That process's user.</param>
    public static IReadOnlyList<byte[]> Cookies(int display, int process, int user)
    {
        var cookies = new List<byte[]>();
        foreach (var file in CookieFiles(display, process).Distinct())
        {
            foreach (var cookie in XAuthority.Cookies(XAuthority.Read(file, user), display))
            {
                if (cookies.Count < MostCookies && !cookies.Any(known => known.AsSpan().SequenceEqual(cookie))) cookies.Add(cookie);
            }

            if (cookies.Count >= MostCookies) break;
        }

        return cookies;
    }

    private static IEnumerable<string> CookieFiles(int display, int process)
    {
        // The server's own file. Xwayland does not listen itself: its compositor does, and passes it the display's number.
        var name = $":{display}";
        if (process != 0 && AuthArgument(process, ProcWords(process, "cmdline")) is { } own) yield return own;
        foreach (var other in OpenFiles.Processes())
        {
            var words = ProcWords(other, "cmdline");
            if (words.Contains(name) && AuthArgument(other, words) is { } file) yield return file;
        }

        // The file of a program that runs on the display.
        foreach (var other in OpenFiles.Processes())
        {
            var variables = ProcWords(other, "environ");
            if (!variables.Any(
                variable => variable == $"DISPLAY={name}" || variable.StartsWith($"DISPLAY={name}.", StringComparison.Ordinal)))
                continue;
            if (Variable(variables, "XAUTHORITY=") is { } file) yield return file;
            else if (Variable(variables, "HOME=") is { } home) yield return Path.Combine(home, ".Xauthority");
        }
    }

    // A relative path starts at the server's working directory.
    private static string? AuthArgument(int process, string[] words) =>
        Array.IndexOf(words, "-auth") is >= 0 and var at && at + 1 < words.Length
            ? Path.Combine($"/proc/{process}/cwd", words[at + 1])
            : null;

    private static string? Variable(string[] variables, string prefix) =>
        variables.FirstOrDefault(variable => variable.StartsWith(prefix, StringComparison.Ordinal))?[prefix.Length..];

    private static int? Number(string path, string prefix) =>
        path.StartsWith(prefix, StringComparison.Ordinal)
            && int.TryParse(path.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    /// <summary>The zero-ended words of a process's command line or environment; none when it has ended or the agent may not read
    /// them.</summary>
    private static string[] ProcWords(int process, string file)
    {
        const int Longest = 64 * 1024;
        using var handle = Libc.Open($"/proc/{process}/{file}", Libc.O_RDONLY | Libc.O_CLOEXEC);
        if (handle.IsInvalid) return [];
        var bytes = new byte[Longest];
        var length = 0;
        for (nint read; length < Longest && (read = Libc.Read(handle, bytes.AsSpan(length), (nuint)(Longest - length))) > 0;)
            length += (int)read;
        return Encoding.UTF8.GetString(bytes, 0, length).Split('\0', StringSplitOptions.RemoveEmptyEntries);
    }
}
