using Opportunism.Core;

namespace Opportunism.Clouds.OpenStack;

/// <summary>Reads settings that hold a list: <c>a, b</c> or <c>a=1, b=2</c>.</summary>
internal static class PairList
{
    public static string[] Words(string text) => CommaList.Read(text);

    /// <summary>The pairs in their order; one without <c>=</c> has an empty value.</summary>
    public static IEnumerable<(string Key, string Value)> Read(string text) =>
        Words(text).Select(word => word.Split('=', 2, StringSplitOptions.TrimEntries))
            .Select(parts => (parts[0], parts.Length > 1 ? parts[1] : ""));
}
