namespace Opportunism.Agent.Reporting;

/// <summary>The connection of this node to its site, for people.</summary>
/// <param name="Node">Its name there; null while it is not enrolled.</param>
/// <param name="Connected">True while the controller is connected.</param>
/// <param name="Trouble">Why it is not; empty while it is.</param>
internal sealed record SiteState(string? Node, bool Connected, string Trouble);
