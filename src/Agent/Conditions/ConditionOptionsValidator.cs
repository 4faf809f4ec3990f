namespace Opportunism.Agent.Conditions;

/// <summary>Finds every problem in the conditions' settings.</summary>
internal static class ConditionOptionsValidator
{
    public static IEnumerable<string> Problems(ConditionOptions options) =>
    [
        .. options.Enabled.Where(name => !ConditionCatalog.Names.Contains(name))
            .Select(name => $"[Conditions] Enabled names '{name}'; allowed are {string.Join(", ", ConditionCatalog.Names)}."),
        .. ConditionCatalog.All.SelectMany(module => module.Problems(options.Own[module])),
    ];
}
