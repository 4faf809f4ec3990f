namespace Opportunism.Controller.Store;

/// <summary>Whether the embedded cloud may place guests on a node.</summary>
internal sealed class HostRow
{
    public required string Node { get; set; }

    public bool Open { get; set; }
}
