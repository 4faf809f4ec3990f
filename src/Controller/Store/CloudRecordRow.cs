namespace Opportunism.Controller.Store;

/// <summary>A record of a cloud: only the cloud itself reads its content.</summary>
internal sealed class CloudRecordRow
{
    /// <summary>The cloud's name in this site.</summary>
    public required string Cloud { get; set; }

    public required string Kind { get; set; }

    public required string Id { get; set; }

    public required string Json { get; set; }
}
