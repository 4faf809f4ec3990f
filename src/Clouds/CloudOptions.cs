namespace Opportunism.Clouds;

/// <summary>Settings that every cloud of a site has; a cloud with more derives from it. Every key is a row in docs/settings.md.</summary>
/// <param name="section">The section of the settings file that holds them, for messages.</param>
public class CloudOptions(string section)
{
    /// <summary>The section of the settings file that holds them; no key.</summary>
    public string Section => section;

    /// <summary>Names of the nodes that are assigned to this cloud when they enrol, separated by commas; a name may end in *. When empty,
    /// every node that no other cloud lists.</summary>
    public string Nodes { get; set; } = "";
}
