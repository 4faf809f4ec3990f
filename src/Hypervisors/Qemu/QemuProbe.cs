using System.Runtime.Versioning;
using System.Text.Json;
using System.Text.RegularExpressions;
using Opportunism.Core.Health;
using Opportunism.Files;
using Opportunism.Hypervisors.Linux;

namespace Opportunism.Hypervisors.Qemu;

/// <summary>Finds out what QEMU can do on this machine. Every problem is a health item with a remedy.</summary>
[SupportedOSPlatform("linux")]
internal sealed partial class QemuProbe(QemuSettings settings, TimeProvider time)
{
    private readonly List<HealthItem> health = [];

    /// <returns>Null for the machine if it can run no guests.</returns>
    public async Task<(QemuMachine? Machine, IReadOnlyList<HealthItem> Health)> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await FindAsync(cancellationToken), health);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Error("guests.qemu.probe", exception.Message, "Correct this and restart the agent.");
            return (null, health);
        }
    }

    private async Task<QemuMachine?> FindAsync(CancellationToken cancellationToken)
    {
        if (Libc.EffectiveUser() != 0)
            Error(
                "guests.qemu.root", "The agent does not run as root, so it can neither freeze guests nor run them as another user.",
                "Start the agent as root, or with its systemd unit.");
        var binary = FindBinary(settings.Binary);
        if (binary is null) Error("guests.qemu.missing", $"{settings.Binary} is not installed.", "apt install qemu-system-x86 qemu-utils");
        if (FindBinary("qemu-img") is null) Error("guests.qemu.missing-img", "qemu-img is not installed.", "apt install qemu-utils");
        var user = GuestUser.Find(settings.RunAs);
        if (user is null)
            Error(
                "guests.qemu.user", $"[Guests] RunAs is '{settings.RunAs}', which is no user of this machine, or root.",
                $"useradd --system --no-create-home --shell /usr/sbin/nologin {settings.RunAs}");
        if (settings.RunAsRange is { } range && range.UserIn() is { } taken)
            Error(
                "guests.qemu.user-range", $"[Guests] RunAsRange is {range}, in which {taken} is a user of this machine.",
                "Set it to numbers that no user has.");
        if (health.Count > 0 || binary is null || user is not { } guestUser) return null;

        PrepareFolders(guestUser);
        if (health.Any(item => item.Severity == HealthSeverity.Error)) return null;
        var version = await VersionAsync(binary, cancellationToken);
        var type = await MachineTypeAsync(binary, cancellationToken);
        var direct = LinuxFiles.AllowsDirectAccess(GuestFolder.AllIn(settings.StateFolder));
        if (!direct)
            health.Add(
                new HealthItem(
                    "guests.disk.cached", HealthSeverity.Note,
                    $"Disks in {settings.StateFolder} cannot be used past the page cache, so guests' disk traffic takes some of the "
                    + "owner's memory.",
                    "Put [Guests] StateFolder on ext4, xfs or btrfs."));
        var accelerator = await AcceleratorAsync(binary, version, guestUser, cancellationToken);
        var kvmGroup = accelerator == "kvm" ? GuestUser.FindGroup("kvm") : null;
        return new QemuMachine(binary, version, type, accelerator, guestUser, kvmGroup, direct);
    }

    private void PrepareFolders(GuestUser user)
    {
        // The same as the unit file's StateDirectory: if owner or mode differ, systemd gives everything in it to root whenever the
        // agent starts, guests' disks too.
        LinuxFiles.MakeFolder(settings.StateFolder, LinuxFiles.AllMayPass, 0, 0);
        LinuxFiles.MakeFolder(GuestFolder.AllIn(settings.StateFolder), LinuxFiles.GroupMayPass, 0, user.Gid);
        // Images; each guest's start lets the guests' group read the guest's own image.
        LinuxFiles.MakeFolder(Path.Combine(settings.StateFolder, "images"), LinuxFiles.GroupMayPass, 0, user.Gid);
        LinuxFiles.MakeFolder(settings.RamFolder, LinuxFiles.GroupMayPass, 0, user.Gid);
        if (!LinuxFiles.IsTmpfs(settings.RamFolder))
            Error(
                "guests.ram.not-tmpfs",
                $"[Guests] RamFolder is {settings.RamFolder}, which is not on tmpfs: the kernel would write guests' memory to the "
                + "owner's disk all the time.",
                "Set it to a folder of its own below /run.");
        else if (!GuestMemoryMount.IsMountPoint(settings.RamFolder))
            health.Add(
                new HealthItem(
                    "guests.ram.shared", HealthSeverity.Warning,
                    $"[Guests] RamFolder is {settings.RamFolder}, which is no mount of its own: a program that fills that tmpfs kills "
                    + "every guest here, and guests take the room of other programs' shared memory.",
                    "Start the agent by its systemd unit or as root; it mounts the folder by itself."));
    }

    /// <summary>The version of a QEMU, such as 7.2.22.</summary>
    /// <exception cref="IOException">It prints none.</exception>
    internal static async Task<string> VersionAsync(string binary, CancellationToken cancellationToken)
    {
        var (_, output) = await QemuLauncher.RunAsync(null, [binary, "--version"], [], cancellationToken);
        var match = VersionPattern().Match(output);
        return match.Success ? match.Groups[1].Value : throw new IOException($"{binary} --version does not say its version.");
    }

    /// <summary>The exact type behind "pc", the one that boots fastest and that every guest's kernel supports.</summary>
    private static async Task<string> MachineTypeAsync(string binary, CancellationToken cancellationToken)
    {
        var (_, output) = await QemuLauncher.RunAsync(null, [binary, "-machine", "help"], [], cancellationToken);
        var match = AliasPattern().Match(output);
        return match.Success ? match.Groups[1].Value : "pc";
    }

    private async Task<string> AcceleratorAsync(string binary, string version, GuestUser user, CancellationToken cancellationToken)
    {
        if (settings.Accelerator == Accelerator.Tcg) return "tcg";
        if (settings.Accelerator == Accelerator.Kvm) return "kvm";
        if (!File.Exists("/dev/kvm"))
        {
            health.Add(
                new HealthItem(
                    "guests.kvm.missing", HealthSeverity.Note,
                    "There is no /dev/kvm, so guests run by translation (tcg), about ten times slower.",
                    "Turn virtualization on in the firmware and load kvm_intel or kvm_amd."));
            return "tcg";
        }

        var file = Path.Combine(settings.StateFolder, "accelerator.json");
        var kernel = (await File.ReadAllTextAsync("/proc/sys/kernel/osrelease", cancellationToken)).Trim();
        var record = QemuJson.Read(file, QemuJson.Default.ProbeRecord);
        if (record is null || record.Kernel != kernel || record.QemuVersion != version)
        {
            var boot = new KvmTestBoot(binary, settings, user, time);
            if (await boot.RunAsync(kernel, cancellationToken) is not { } boots)
            {
                health.Add(
                    new HealthItem(
                        "guests.kvm.untested", HealthSeverity.Note,
                        $"/boot/vmlinuz-{kernel} is not there, so KVM could not be tested; guests run by translation (tcg).",
                        "Set [Guests] Accelerator to kvm if you know that it works."));
                return "tcg";
            }

            record = new ProbeRecord { Kernel = kernel, QemuVersion = version, KvmBoots = boots };
            DurableFile.Replace(file, JsonSerializer.SerializeToUtf8Bytes(record, QemuJson.Default.ProbeRecord));
        }

        if (!record.KvmBoots)
            health.Add(
                new HealthItem(
                    "guests.kvm.broken", HealthSeverity.Warning,
                    "/dev/kvm is there, but a kernel did not boot with it; guests run by translation (tcg).",
                    $"Repair KVM and delete {file}, or set [Guests] Accelerator."));
        return record.KvmBoots ? "kvm" : "tcg";
    }

    private static string? FindBinary(string name)
    {
        if (name.Contains('/', StringComparison.Ordinal)) return File.Exists(name) ? name : null;
        string[] folders = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/libexec"];
        return folders.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
    }

    private void Error(string code, string sentence, string remedy) =>
        health.Add(new HealthItem(code, HealthSeverity.Error, sentence, remedy));

    [GeneratedRegex(@"version (\d+(\.\d+)+)")]
    private static partial Regex VersionPattern();

    [GeneratedRegex(@"^pc\s.*alias of ([\w.-]+)\)", RegexOptions.Multiline)]
    private static partial Regex AliasPattern();
}
