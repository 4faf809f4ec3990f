namespace Opportunism.Clouds.Embedded;

/// <summary>How a VM ended. The names are in the store and never change.</summary>
public enum VmEnd
{
    /// <summary>It has not ended.</summary>
    None,

    /// <summary>Its tenant deleted it.</summary>
    Deleted,

    /// <summary>Its node's owner came back and its policy is <c>terminate</c>.</summary>
    Terminated,
}
