
namespace Opportunism.Agent.Enrolment;

/// <summary>Address of the site, and enrolment. Section <c>[Site]</c>.</summary>
internal sealed class SiteOptions
{
    /// <summary>The controller's address, such as <c>https://cloud.example.org:7443</c>; null runs the agent without a site.</summary>
    public Uri? Controller { get; init; }

    /// <summary>A file with a join token; deleted once the node is enrolled.</summary>
    public string? JoinTokenFile { get; init; }

    /// <summary>The name this node proposes; the host name by default.</summary>
    public string NodeName { get; init; } = DefaultName(Environment.MachineName);

    /// <summary>Longest time between two reports when nothing changes.</summary>
    public TimeSpan ReportEvery { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Every reason why these settings cannot be used.</summary>
    public IEnumerable<string> Problems()
    {
        if (Controller is { } url
            && (!url.IsAbsoluteUri || url.Scheme != Uri.UriSchemeHttps || url.PathAndQuery != "/" || url.UserInfo.Length > 0))
            yield return $"Controller is '{url}'; allowed is an address such as https://cloud.example.org:7443.";
        if (JoinTokenFile is { } file && !Path.IsPathFullyQualified(file))
            yield return $"JoinTokenFile is '{file}'; allowed is an absolute path.";
        if (!Core.Names.IsDnsLike(NodeName))
            yield return $"NodeName is '{NodeName}'; allowed are 1 to 63 characters of a-z 0-9 . - beginning with a letter or digit.";
        if (ReportEvery < TimeSpan.FromSeconds(1) || ReportEvery > TimeSpan.FromMinutes(1))
            yield return $"ReportEvery is {Core.Duration.Format(ReportEvery)}; allowed is 1s to 1m.";
    }

    /// <summary>A host name turned into a valid node name: lower case, other characters as hyphens.</summary>
    internal static string DefaultName(string host)
    {
        var name = new string([.. host.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' ? c : '-')])
            .Trim('-', '.');
        return name.Length == 0 ? "desktop" : name.Length > Core.Names.MaxLength ? name[..Core.Names.MaxLength] : name;
    }
}
