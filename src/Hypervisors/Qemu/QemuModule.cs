using System.Runtime.Versioning;
using Microsoft.Extensions.Logging;
using Opportunism.Core;
using Opportunism.Hypervisors.Linux;

namespace Opportunism.Hypervisors.Qemu;

/// <summary>Guests that the agent itself starts with QEMU, as settings name it.</summary>
internal sealed class QemuModule : HypervisorModule
{
    // Not those of any user of a desktop: /etc/login.defs gives people 1000 to 60000.
    private const string UsualRange = "70000-70255";

    private const string RunAsKey = "RunAs", RangeKey = "RunAsRange", AcceleratorKey = "Accelerator", NetworkKey = "Network";

    /// <inheritdoc/>
    public override string Name => "qemu";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Keys { get; } = [RunAsKey, RangeKey, AcceleratorKey, NetworkKey];

    /// <inheritdoc/>
    public override IEnumerable<string> Problems(HypervisorSettings settings)
    {
        var runAs = settings.Text(RunAsKey, "opportunism-guest");
        if (runAs is "root" or "0") yield return $"[Guests] {RunAsKey} is '{runAs}'; an unprivileged user is needed, by name or number.";
        var range = settings.TextOrEmpty(RangeKey, UsualRange);
        if (range.Length > 0 && !UserRange.TryParse(range, out _))
            yield return $"[Guests] {RangeKey} is '{range}'; allowed is {UserRange.Allowed}, or nothing.";
        if (!TryRead<Accelerator>(settings, AcceleratorKey, out _)) yield return NotOneOf<Accelerator>(settings, AcceleratorKey);
        if (!TryRead<GuestNetwork>(settings, NetworkKey, out _)) yield return NotOneOf<GuestNetwork>(settings, NetworkKey);
    }

    /// <inheritdoc/>
    [SupportedOSPlatform("linux")]
    public override IMachineGuests Make(HypervisorSettings settings, TimeProvider time, ILoggerFactory logs)
    {
        var defaults = new QemuSettings { StateFolder = settings.StateFolder };
        _ = TryRead<Accelerator>(settings, AcceleratorKey, out var accelerator);
        _ = TryRead<GuestNetwork>(settings, NetworkKey, out var network);
        var own = defaults with
        {
            RamFolder = settings.RamFolder,
            Cgroup = settings.Cgroup,
            KeepFreeMiB = settings.KeepFreeMiB,
            RunAs = settings.Text(RunAsKey, defaults.RunAs),
            RunAsRange = UserRange.TryParse(settings.TextOrEmpty(RangeKey, UsualRange), out var range) ? range : null,
            Accelerator = accelerator,
            Network = network,
        };
        return new QemuHypervisor(own, time, logs.CreateLogger<QemuHypervisor>());
    }

    /// <summary>One of an enum's names, in any case; its first value where the key is not set.</summary>
    private static bool TryRead<T>(HypervisorSettings settings, string key, out T value)
        where T : struct, Enum
    {
        value = default;
        var text = settings.Text(key, "");
        return text.Length == 0 || EnumName.TryParse(text, out value, ignoreCase: true);
    }

    private static string NotOneOf<T>(HypervisorSettings settings, string key)
        where T : struct, Enum =>
        $"[Guests] {key} is '{settings.Text(key, "")}'; allowed is {string.Join(", ", Enum.GetNames<T>()).ToLowerInvariant()}.";
}
