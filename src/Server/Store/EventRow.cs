using Opportunism.Core.Health;

namespace Opportunism.Server.Store;

/// <summary>An event.</summary>
public sealed class EventRow
{
    public long Id { get; set; }

    public DateTimeOffset At { get; set; }

    public required string Kind { get; set; }

    public HealthSeverity Severity { get; set; }

    public string? Node { get; set; }

    public string? Vm { get; set; }

    public required string Sentence { get; set; }
}
