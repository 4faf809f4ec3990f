namespace Opportunism.Controller.Store;

/// <summary>A server of an OpenStack cloud that we got off its node.</summary>
internal sealed class EvictedServerRow
{
    public required string Guest { get; set; }

    public required string Node { get; set; }

    public required string Action { get; set; }

    public DateTimeOffset Since { get; set; }

    public int Attempts { get; set; }

    public int Returns { get; set; }

    public bool Returning { get; set; }

    public DateTimeOffset? NotBefore { get; set; }
}
