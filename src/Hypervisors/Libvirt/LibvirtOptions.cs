namespace Opportunism.Hypervisors.Libvirt;

/// <summary>Settings of section [Guests] for guests of libvirt.</summary>
internal sealed class LibvirtOptions : HypervisorOptions
{
    /// <summary>libvirt's address.</summary>
    public string LibvirtUri { get; set; } = "qemu:///system";

    /// <summary>Folder in which libvirt's QEMU driver keeps a status file of each domain that runs.</summary>
    public string LibvirtFolder { get; set; } = "/run/libvirt/qemu";
}
