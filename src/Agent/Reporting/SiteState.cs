namespace Opportunism.Agent.Reporting;

/// <summary>How this node stands with its site, for people.</summary>
/// <param name="Node">Its name there; null while it is not enrolled.</param>
/// <param name="Connected">True while the controller answers.</param>
/// <param name="Trouble">Why it does not; empty while it does.</param>
internal sealed record SiteState(string? Node, bool Connected, string Trouble);
