namespace Opportunism.Hypervisors.Qemu;

/// <summary>How far QEMU is with saving the device state of a held guest. When the guest runs again it is <see cref="NotAsked"/>
/// again.</summary>
internal enum DeviceStateSave
{
    /// <summary>Not requested, or QEMU could not save it and it may be requested again.</summary>
    NotAsked,

    /// <summary>Requested. QEMU finishes it by itself, however late, and it must not be requested twice.</summary>
    Asked,

    /// <summary>It is in the file. QEMU's disks are closed until the guest runs; saving again would end it.</summary>
    Done,

    /// <summary>QEMU has saved it, but the file no longer exists: the guest can only be released or ended.</summary>
    Lost,
}
