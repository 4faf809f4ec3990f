using Opportunism.Core.Health;

namespace Opportunism.Controller.Store;

/// <summary>An event.</summary>
internal sealed class EventRow
{
    public long Id { get; set; }

    public DateTimeOffset At { get; set; }

    public required string Kind { get; set; }

    public HealthSeverity Severity { get; set; }

    public string? Node { get; set; }

    public string? Vm { get; set; }

    public required string Sentence { get; set; }
}
