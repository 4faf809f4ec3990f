using System.Globalization;

namespace Opportunism.Workshop.Site;

/// <summary>Finds programs of a site on this machine that still run, by their arguments.</summary>
internal static class SiteProcesses
{
    /// <summary>Running programs of the site: name and process id, the controller first.</summary>
    public static IReadOnlyList<(string Name, int Id)> Find(SiteFolders folders, string proc = "/proc")
    {
        var found = new List<(string Name, int Id)>();
        foreach (var folder in Directory.EnumerateDirectories(proc))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id)) continue;
            var words = Arguments(Path.Combine(folder, "cmdline"));
            if (words.Length == 0) continue;
            if (IsProgram(words[0], folders.Controller) && words.Contains(folders.ControllerState)) found.Add(("controller", id));
            else if (IsProgram(words[0], folders.Agent) && words.Contains(folders.AgentSettings)) found.Add(("agent", id));
        }

        return [.. found.OrderByDescending(process => process.Name, StringComparer.Ordinal)];
    }

    /// <summary>A sentence that lists what runs and how to end it.</summary>
    public static string Sentence(string state, IReadOnlyList<(string Name, int Id)> running) =>
        $"The site in {state} runs already: {string.Join(", ", running.Select(process => $"{process.Name} (process {process.Id})"))}. "
        + $"End it with Ctrl-C in its terminal or 'kill {string.Join(' ', running.Select(process => process.Id))}', then run "
            + "'opportunism up' again; its guests stay frozen meanwhile.";

    // A site may have been started from another installation.
    private static bool IsProgram(string program, string expected) => Path.GetFileName(program) == Path.GetFileName(expected);

    private static string[] Arguments(string path)
    {
        try
        {
            return File.ReadAllText(path).Split('\0', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // It has just ended, or belongs to another user whose processes we may not read.
            return [];
        }
    }
}
