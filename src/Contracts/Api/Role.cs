namespace Opportunism.Contracts.Api;

/// <summary>What a person's token allows; each role may do all that the one before it may.</summary>
public enum Role
{
    /// <summary>May look at everything but secrets.</summary>
    Viewer,

    /// <summary>May also change VMs and images, and drain and snooze nodes.</summary>
    Operator,

    /// <summary>May also revoke nodes and make and revoke tokens.</summary>
    Admin,
}
