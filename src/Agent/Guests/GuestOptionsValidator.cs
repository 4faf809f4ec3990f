using Opportunism.Core;
using Opportunism.Hypervisors;

namespace Opportunism.Agent.Guests;

/// <summary>Collects every problem of section [Guests], and of the folder that guests are kept in.</summary>
internal static class GuestOptionsValidator
{
    // A Unix socket's path has at most 107 bytes; guests/ID/run/agent.sock takes 55 of them.
    private const int LongestStateFolder = 50;

    // systemd keeps other programs in these, and every level of the guests' path is given the lowest rank.
    private static readonly string[] SharedCgroups = ["init.scope", "machine.slice", "system.slice", "user.slice"];

    /// <summary>All problems at once; none means the settings can be used.</summary>
    public static IEnumerable<string> Problems(GuestOptions options)
    {
        if (HypervisorCatalog.Find(options.Hypervisor) is not { IsForThisSystem: true })
            yield return $"[Guests] Hypervisor is '{options.Hypervisor}'; allowed are {HypervisorCatalog.Names}.";
        foreach (var problem in options.Own.SelectMany(own => own.Key.Problems(own.Value))) yield return problem;
        if (!PlainPath.Is(options.StateFolder))
            yield return $"[Agent] StateFolder is '{options.StateFolder}'; allowed is an absolute path without '..'.";
        else if (options.StateFolder.Length > LongestStateFolder)
            yield return $"[Agent] StateFolder is '{options.StateFolder}'; allowed are at most {LongestStateFolder} characters, or the "
                + "guests' sockets could not be named.";
        if (!PlainPath.Is(options.RamFolder))
            yield return $"[Guests] RamFolder is '{options.RamFolder}'; allowed is an absolute path without '..'.";
        if (!IsCgroup(options.Cgroup))
            yield return $"[Guests] Cgroup is '{options.Cgroup}'; allowed is a path below the mount point such as "
                + "opportunism.slice/guests: 1 to 4 names of a-z A-Z 0-9 . _ -, none beginning with a dot, the first none of "
                + $"{string.Join(", ", SharedCgroups)}.";
        if (options.MaxMemoryMiB is < 0 or > 1 << 24)
            yield return $"[Guests] MaxMemoryMiB is {options.MaxMemoryMiB}; allowed is 0 (half of the machine's) to {1 << 24}.";
        if (options.MaxVcpus is < 0 or > 4096)
            yield return $"[Guests] MaxVcpus is {options.MaxVcpus}; allowed is 0 (as many as the machine has) to 4096.";
        if (options.CheckpointBytesPerSecond is < 1_000_000 or > 100_000_000_000)
            yield return $"[Guests] CheckpointBytesPerSecond is {options.CheckpointBytesPerSecond}; allowed is 1000000 to 100000000000.";
        if (options.TransferBytesPerSecond is < 10_000 or > 100_000_000_000)
            yield return $"[Guests] TransferBytesPerSecond is {options.TransferBytesPerSecond}; allowed is 10000 to 100000000000.";
        if (options.OwnerNetworkBytesPerSecond is < 1000 or > 100_000_000_000)
            yield return $"[Guests] OwnerNetworkBytesPerSecond is {options.OwnerNetworkBytesPerSecond}; allowed is 1000 to 100000000000.";
        if (options.ShutdownPatience < TimeSpan.Zero || options.ShutdownPatience > TimeSpan.FromMinutes(10))
            yield return $"[Guests] ShutdownPatience is {Duration.Format(options.ShutdownPatience)}; allowed is 0s to 10m.";
        if (options.KeepFreeMiB is < 0 or > 1 << 24)
            yield return $"[Guests] KeepFreeMiB is {options.KeepFreeMiB}; allowed is 0 to {1 << 24}.";
    }

    /// <summary>Whether a path is allowed as the guests' cgroup.</summary>
    public static bool IsCgroup(string path)
    {
        var parts = path.Split('/');
        return parts.Length <= 4 && !SharedCgroups.Contains(parts[0])
            && parts.All(
                part => part.Length is > 0 and <= 64 && part[0] != '.'
                    && part.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-'));
    }
}
