using Opportunism.Clouds;
using Opportunism.Core;

namespace Opportunism.Controller.Settings;

/// <summary>One cloud of the site, from the settings.</summary>
/// <param name="Name">Its name in this site.</param>
/// <param name="Module">Its kind.</param>
/// <param name="Options">Its settings.</param>
internal sealed record CloudSettings(string Name, CloudModule Module, CloudOptions Options)
{
    /// <summary>Sections that describe a cloud begin with this; its name follows.</summary>
    public const string SectionPrefix = "Cloud.";

    /// <summary>Every reason why these clouds cannot be used, alone or together, each naming section, key, value and what is
    /// allowed.</summary>
    public static IEnumerable<string> Problems(IReadOnlyList<CloudSettings> clouds)
    {
        foreach (var cloud in clouds)
        {
            foreach (var problem in cloud.Module.Problems(cloud.Options)) yield return problem;
            foreach (var pattern in CommaList.Read(cloud.Options.Nodes).Where(pattern => !NodePatterns.IsValid(pattern)))
            {
                yield return $"[{cloud.Options.Section}] Nodes holds '{pattern}'; allowed are names of nodes, separated by commas; a "
                    + "name may end in *.";
            }

            if (!Names.IsDnsLike(cloud.Name))
                yield return $"[{cloud.Options.Section}] names the cloud '{cloud.Name}'; allowed is 1 to 63 characters of a-z 0-9 . - "
                    + "beginning with a letter or digit.";
        }

        var twice = clouds.SelectMany(cloud => CommaList.Read(cloud.Options.Nodes).Distinct(), (cloud, pattern) => (cloud, pattern))
            .GroupBy(one => one.pattern).Where(group => group.Count() > 1);
        foreach (var pattern in twice)
        {
            yield return $"{string.Join(" and ", pattern.Select(one => $"[{one.cloud.Options.Section}]"))} have '{pattern.Key}' in Nodes; "
                + "allowed is each pattern in one cloud.";
        }

        var rest = clouds.Where(cloud => CommaList.Read(cloud.Options.Nodes).Length == 0).Select(cloud => $"[{cloud.Options.Section}]")
            .ToList();
        if (rest.Count > 1)
            yield return $"{string.Join(" and ", rest)} have no Nodes; at most one cloud may take every node that no other cloud takes.";
    }
}
