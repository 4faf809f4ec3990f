using Xunit;

namespace Opportunism.UnitTests;

/// <summary>Code for one operating system is in a folder of that system; only catalogs know which system there is.</summary>
public sealed class RepositoryPlatformTests
{
    // The lists of what there is on each system.
    private static readonly string[] AgentCatalogs =
    [
        "src/Agent/Monitors/MonitorCatalog.cs",
        "src/Agent/Monitors/MonitorModule.cs",
        "src/Agent/Platform/PlatformCatalog.cs",
    ];

    private static readonly string[] SignsOfASystem =
        ["OperatingSystem.Is", "RuntimeInformation.IsOSPlatform", "SupportedOSPlatform", ".Linux;", ".Linux.", ".Windows;", ".Windows."];

    [Fact]
    public void The_agent_depends_on_an_operating_system_only_in_that_systems_folders_and_in_catalogs() =>
        Assert.Equal(AgentCatalogs, Outside("src/Agent").Where(path => Names(path, SignsOfASystem)).Order(StringComparer.Ordinal));

    [Fact]
    public void One_file_of_the_hypervisors_checks_the_operating_system() =>
        Assert.Equal(
            ["src/Hypervisors/HypervisorModule.cs"],
            Outside("src/Hypervisors").Where(path => Names(path, ["OperatingSystem.Is", "RuntimeInformation.IsOSPlatform"])));

    /// <summary>Files of a project that are in no folder of one system.</summary>
    private static IEnumerable<string> Outside(string project) =>
        RepositoryTests.Sources(project).Select(file => Path.GetRelativePath(RepositoryTests.Root, file).Replace('\\', '/'))
            .Where(path => !path.Split('/').Any(folder => folder is "Linux" or "Windows"));

    private static bool Names(string path, IEnumerable<string> words)
    {
        var text = File.ReadAllText(Path.Combine(RepositoryTests.Root, path));
        return words.Any(word => text.Contains(word, StringComparison.Ordinal));
    }
}
