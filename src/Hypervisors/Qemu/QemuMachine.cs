using Opportunism.Hypervisors.Linux;

namespace Opportunism.Hypervisors.Qemu;

/// <summary>QEMU on this machine; found once by <see cref="QemuProbe"/>.</summary>
/// <param name="Binary">Full path of the emulator.</param>
/// <param name="Version">Its version.</param>
/// <param name="Type">The exact machine type new guests get, such as <c>pc-i440fx-7.2</c>: an alias would change when QEMU is upgraded, and
/// no longer match a checkpoint.</param>
/// <param name="Accelerator"><c>kvm</c> or <c>tcg</c>.</param>
/// <param name="User">The user that it runs as.</param>
/// <param name="KvmGroup">The group that may use /dev/kvm; null with TCG.</param>
/// <param name="DirectDisk">Whether disks can be used bypassing the page cache.</param>
internal sealed record QemuMachine(
    string Binary, string Version, string Type, string Accelerator, GuestUser User, uint? KvmGroup, bool DirectDisk);
