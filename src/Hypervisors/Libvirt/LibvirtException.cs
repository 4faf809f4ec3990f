namespace Opportunism.Hypervisors.Libvirt;

/// <summary>libvirt refused a request or could not be reached. Never leaves this folder.</summary>
internal sealed class LibvirtException(string message) : Exception(message);
