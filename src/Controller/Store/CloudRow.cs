namespace Opportunism.Controller.Store;

/// <summary>A cloud that this site had at its last start.</summary>
internal sealed class CloudRow
{
    /// <summary>The cloud's name in this site.</summary>
    public required string Name { get; set; }

    /// <summary>Its kind, as in the settings.</summary>
    public required string Kind { get; set; }
}
