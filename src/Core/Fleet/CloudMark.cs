namespace Opportunism.Core.Fleet;

/// <summary>Whether a mark is set that a cloud keeps in several places.</summary>
public enum CloudMark
{
    /// <summary>There is nothing that could have the mark.</summary>
    Absent,

    /// <summary>It is set nowhere.</summary>
    No,

    /// <summary>It is set everywhere.</summary>
    Yes,

    /// <summary>It is set in some places, or work that goes with it is not done.</summary>
    Partly,
}
