using Opportunism.Core;

namespace Opportunism.Clouds.OpenStack;

/// <summary>The hosts of Nova that the operator lets the controller change, and whose node each is. Pure.</summary>
/// <remarks>Any join token enrols a desktop under a name of its choice, so a name alone gives no right to a host.</remarks>
internal sealed class HostMap
{
    private readonly (string Nodes, string Host)[] entries;

    /// <summary>Reads a validated setting: <c>pc-*</c> for hosts that have the names of their nodes, <c>pc-*=pc-*.example.org</c>,
    /// <c>pc-1=compute-7</c>, separated by commas.</summary>
    public HostMap(string setting) => entries = [.. PairList.Read(setting)];

    /// <summary>The name of a node's host, by the entry that matches best (<see cref="NodePatterns.RankOf"/>); null when no host is the
    /// node's.</summary>
    public string? Of(NodeId node) =>
        (from entry in entries
         where NodePatterns.Fits(entry.Nodes, node.Value)
         orderby NodePatterns.RankOf(entry.Nodes) descending
         select entry.Host.Length == 0
             ? node.Value
             : entry.Host.Replace("*", node.Value[(entry.Nodes.Length - 1)..], StringComparison.Ordinal)).FirstOrDefault();

    /// <summary>Every reason why a setting cannot be used, each naming the value and what is allowed.</summary>
    public static IEnumerable<string> Problems(string setting)
    {
        foreach (var word in PairList.Words(setting))
        {
            var (nodes, host) = PairList.Read(word).Single();
            var pattern = nodes.EndsWith('*');
            var isHost = host.Length > 0 && host.Count(c => c == '*') == (pattern ? 1 : 0) && !host.Any(char.IsWhiteSpace);
            if (!NodePatterns.IsValid(nodes) || (word.Contains('=', StringComparison.Ordinal) && !isHost))
                yield return $"holds '{word}'; allowed are NODE, NODE=HOST and PATTERN*=HOST-WITH-*, such as pc-*=pc-*.example.org, "
                    + "separated by commas.";
        }

        foreach (var twice in PairList.Read(setting).Where(pair => pair.Value.Length > 0).GroupBy(pair => pair.Value)
            .Where(group => group.Count() > 1))
        {
            yield return $"gives the host {twice.Key} to {string.Join(" and ", twice.Select(pair => pair.Key))}; each host belongs to one "
                + "node.";
        }
    }
}
