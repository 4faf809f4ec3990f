namespace Opportunism.Controller.Settings;

/// <summary>Times set for every node of the site; one that is absent leaves the node's own setting.</summary>
internal sealed class SiteTimes
{
    /// <summary>How long an owner must be away before the node is lent.</summary>
    public TimeSpan? IdleFor { get; set; }

    /// <summary>How long an owner must be quiet again before frozen guests are thawed.</summary>
    public TimeSpan? ThawAfter { get; set; }

    /// <summary>How long an owner must have stayed before guests leave.</summary>
    public TimeSpan? EvictAfter { get; set; }
}
