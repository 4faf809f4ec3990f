using System.Reflection;

namespace Opportunism.Server;

/// <summary>Which server program this is, for its lock file, its certificates, its API description and its telemetry.</summary>
/// <param name="Name">Name of the program in one lower-case word, such as <c>controller</c>.</param>
/// <param name="Title">What it serves, such as <c>Opportunism site</c>.</param>
/// <param name="Version">Its version.</param>
public sealed record ServerProgram(string Name, string Title, string Version)
{
    /// <summary>The version that a program's assembly was built with; <c>0</c> when it has none.</summary>
    public static string VersionOf(Assembly assembly) =>
        assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";
}
