namespace Opportunism.Hypervisors.Qemu;

/// <summary>How far QEMU is with saving the device state of a held guest. When the guest runs again it is <see cref="NotAsked"/> again.</summary>
internal enum DeviceStateSave
{
    /// <summary>It was not asked for, or QEMU could not save it and may be asked again.</summary>
    NotAsked,

    /// <summary>It was asked for. QEMU finishes it by itself, however late, and must not be asked twice.</summary>
    Asked,

    /// <summary>It is in the file. QEMU's disks are closed until the guest runs; saving again would end it.</summary>
    Done,

    /// <summary>QEMU has saved it, but the file is not there any more: the guest can only be released or ended.</summary>
    Lost,
}
