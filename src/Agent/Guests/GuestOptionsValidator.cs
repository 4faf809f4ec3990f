using Microsoft.Extensions.Options;
using Opportunism.Hypervisors;
using Opportunism.Hypervisors.Linux;
using Opportunism.Hypervisors.Qemu;

namespace Opportunism.Agent.Guests;

/// <summary>Collects every problem of section [Guests].</summary>
public sealed class GuestOptionsValidator : IValidateOptions<GuestOptions>
{
    // A Unix socket's path has at most 107 bytes; guests/ID/run/agent.sock takes 55 of them.
    private const int LongestStateFolder = 50;

    // systemd keeps other programs in these, and every level of the guests' path is given the lowest rank.
    private static readonly string[] SharedCgroups = ["init.scope", "machine.slice", "system.slice", "user.slice"];

    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, GuestOptions options)
    {
        var problems = Problems(options).ToList();
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    internal static IEnumerable<string> Problems(GuestOptions options)
    {
        if (!HypervisorCatalog.Names.Contains(options.Hypervisor)) yield return $"[Guests] Hypervisor is '{options.Hypervisor}'; known are {string.Join(", ", HypervisorCatalog.Names)}.";
        if (!IsPlainPath(options.StateFolder)) yield return $"[Guests] StateFolder is '{options.StateFolder}'; an absolute path without '..' is needed.";
        else if (options.StateFolder.Length > LongestStateFolder) yield return $"[Guests] StateFolder is '{options.StateFolder}'; at most {LongestStateFolder} characters are allowed, or the guests' sockets could not be named.";
        if (!IsPlainPath(options.RamFolder)) yield return $"[Guests] RamFolder is '{options.RamFolder}'; an absolute path without '..' is needed.";
        if (!IsCgroup(options.Cgroup)) yield return $"[Guests] Cgroup is '{options.Cgroup}'; a path below the mount point such as opportunism.slice/guests is needed: 1 to 4 names of a-z A-Z 0-9 . _ -, none beginning with a dot, the first none of {string.Join(", ", SharedCgroups)}.";
        if (options.RunAs.Length == 0 || options.RunAs is "root" or "0") yield return $"[Guests] RunAs is '{options.RunAs}'; an unprivileged user is needed, by name or number.";
        if (options.RunAsRange.Length > 0 && !UserRange.TryParse(options.RunAsRange, out _)) yield return $"[Guests] RunAsRange is '{options.RunAsRange}'; allowed is {UserRange.Allowed}, or nothing.";
        if (!Enum.IsDefined(options.Accelerator)) yield return $"[Guests] Accelerator is {options.Accelerator}; allowed are {string.Join(", ", Enum.GetNames<Accelerator>())}.";
        if (!Enum.IsDefined(options.Network)) yield return $"[Guests] Network is {options.Network}; allowed are {string.Join(", ", Enum.GetNames<GuestNetwork>())}.";
        if (!options.LibvirtUri.StartsWith("qemu", StringComparison.Ordinal) || !Uri.IsWellFormedUriString(options.LibvirtUri, UriKind.Absolute)) yield return $"[Guests] LibvirtUri is '{options.LibvirtUri}'; an address of libvirt's QEMU driver such as qemu:///system is needed.";
        if (!IsPlainPath(options.LibvirtFolder)) yield return $"[Guests] LibvirtFolder is '{options.LibvirtFolder}'; an absolute path without '..' is needed.";
        if (options.MaxMemoryMiB is < 0 or > 1 << 24) yield return $"[Guests] MaxMemoryMiB is {options.MaxMemoryMiB}; allowed is 0 (half of the machine's) to {1 << 24}.";
        if (options.MaxVcpus is < 0 or > 4096) yield return $"[Guests] MaxVcpus is {options.MaxVcpus}; allowed is 0 (as many as the machine has) to 4096.";
        if (options.CheckpointBytesPerSecond is < 1_000_000 or > 100_000_000_000) yield return $"[Guests] CheckpointBytesPerSecond is {options.CheckpointBytesPerSecond}; allowed is 1000000 to 100000000000.";
        if (options.TransferBytesPerSecond is < 10_000 or > 100_000_000_000) yield return $"[Guests] TransferBytesPerSecond is {options.TransferBytesPerSecond}; allowed is 10000 to 100000000000.";
        if (options.OwnerNetworkBytesPerSecond is < 1000 or > 100_000_000_000) yield return $"[Guests] OwnerNetworkBytesPerSecond is {options.OwnerNetworkBytesPerSecond}; allowed is 1000 to 100000000000.";
        if (options.ShutdownPatience < TimeSpan.Zero || options.ShutdownPatience > TimeSpan.FromMinutes(10)) yield return $"[Guests] ShutdownPatience is {options.ShutdownPatience}; allowed is 0 to 10 minutes.";
        if (options.KeepFreeMiB is < 0 or > 1 << 24) yield return $"[Guests] KeepFreeMiB is {options.KeepFreeMiB}; allowed is 0 to {1 << 24}.";
    }

    private static bool IsPlainPath(string path) => path.Length > 1 && path[0] == '/' && !path.Split('/').Contains("..") && path.All(c => c >= ' ');

    /// <summary>Whether a path may be the guests' cgroup.</summary>
    internal static bool IsCgroup(string path)
    {
        var parts = path.Split('/');
        return parts.Length <= 4 && !SharedCgroups.Contains(parts[0]) && parts.All(part => part.Length is > 0 and <= 64 && part[0] != '.' && part.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-'));
    }
}
