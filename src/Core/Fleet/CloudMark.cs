namespace Opportunism.Core.Fleet;

/// <summary>How a mark stands that a cloud carries in several places.</summary>
public enum CloudMark
{
    /// <summary>There is nothing here that could carry it.</summary>
    Absent,

    /// <summary>It is set nowhere.</summary>
    No,

    /// <summary>It is set everywhere.</summary>
    Yes,

    /// <summary>It is set in some places, or work that goes with it is not done.</summary>
    Partly,
}
