using Opportunism.Agent.Platform.Linux;

namespace Opportunism.Agent.Platform;

/// <summary>The list of operating systems that the agent runs on. The only place that checks the operating system for a
/// platform.</summary>
internal static class PlatformCatalog
{
    /// <summary>One system.</summary>
    /// <param name="Name">As people write it.</param>
    /// <param name="Make">Null on any other system.</param>
    internal sealed record Entry(string Name, Func<AgentPlatform?> Make);

    private static readonly IReadOnlyList<Entry> All =
    [
        new("Linux", static () => OperatingSystem.IsLinux() ? new LinuxPlatform() : null),
    ];

    /// <summary>The platform of this system; null with a sentence where there is none.</summary>
    public static AgentPlatform? Find(out string problem) => Find(All, out problem);

    /// <summary>The first of a list that is for this system.</summary>
    internal static AgentPlatform? Find(IReadOnlyList<Entry> all, out string problem)
    {
        problem = "";
        foreach (var entry in all)
        {
            if (entry.Make() is { } platform) return platform;
        }

        problem = $"only {string.Join(" and ", all.Select(entry => entry.Name))} {(all.Count == 1 ? "is" : "are")} supported yet.";
        return null;
    }
}
