using Opportunism.Core.Health;

namespace Opportunism.Contracts.Api;

/// <summary>Something that happened at the site.</summary>
/// <param name="Id">Grows with every event; the id of the server-sent event.</param>
/// <param name="At">When, by the site's clock.</param>
/// <param name="Kind">Name for machines, such as <c>node.state</c> or <c>vm.status</c>; never changes.</param>
/// <param name="Severity">How soon a person must act.</param>
/// <param name="Node">The node it is about, if any.</param>
/// <param name="Vm">Id of the VM it is about, if any.</param>
/// <param name="Sentence">What happened.</param>
public sealed record EventView(long Id, DateTimeOffset At, string Kind, HealthSeverity Severity, string? Node, string? Vm, string Sentence);
