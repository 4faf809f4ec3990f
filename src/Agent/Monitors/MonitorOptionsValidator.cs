namespace Opportunism.Agent.Monitors;

/// <summary>Finds every problem in the monitors' settings.</summary>
internal static class MonitorOptionsValidator
{
    /// <summary>Every problem, given the names of all monitors.</summary>
    public static IEnumerable<string> Problems(MonitorOptions options, IReadOnlyList<string> known)
    {
        foreach (var name in options.Enabled)
        {
            if (!known.Contains(name))
                yield return $"[Monitors] Enabled names '{name}'; allowed on this operating system are {string.Join(", ", known)}.";
        }

        foreach (var name in options.Enabled.GroupBy(name => name).Where(same => same.Count() > 1))
        {
            yield return $"[Monitors] Enabled names '{name.Key}' {name.Count()} times; once is allowed.";
        }

        foreach (var problem in MonitorCatalog.All.SelectMany(module => module.Problems(options.Own[module]))) yield return problem;

        foreach (var pattern in options.Ignore)
        {
            if (pattern.Trim().Length == 0)
                yield return "[Monitors] Ignore holds an empty name; a device or display name is allowed, exact or with a trailing *.";
            else if (pattern == "*")
                yield return "[Monitors] Ignore is '*', which would blind every monitor; at least one character must stand before the *.";
            else if (pattern.IndexOf('*') is >= 0 and var at && at != pattern.Length - 1)
                yield return $"[Monitors] Ignore holds '{pattern}'; a * is allowed only at the end.";
        }
    }
}
