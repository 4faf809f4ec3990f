using System.Runtime.Versioning;
using Opportunism.Hypervisors.Linux;

namespace Opportunism.Hypervisors.Qemu;

/// <summary>Tests whether a real kernel boots with KVM: on some machines /dev/kvm opens and guests hang nevertheless.</summary>
/// <remarks>It boots this machine's own kernel without any disk. A kernel that has booted ends with a panic, since it finds no root file
/// system.</remarks>
[SupportedOSPlatform("linux")]
internal sealed class KvmTestBoot(string binary, QemuSettings settings, GuestUser user, TimeProvider time)
{
    // With working KVM the panic comes after 1 to 2 s.
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    /// <returns>Null if there is no kernel to test with.</returns>
    public async Task<bool?> RunAsync(string kernelRelease, CancellationToken cancellationToken)
    {
        var kernel = $"/boot/vmlinuz-{kernelRelease}";
        if (!File.Exists(kernel)) return null;
        var folder = Path.Combine(settings.StateFolder, "kvm-test");
        LinuxFiles.MakeFolder(folder, LinuxFiles.GroupMayPass, 0, user.Gid);
        var (copy, console) = (Path.Combine(folder, "vmlinuz"), Path.Combine(folder, "console"));
        try
        {
            File.Copy(kernel, copy, overwrite: true);
            QemuGuest.MakeOwned(copy, user);
            File.Delete(console);
            QemuGuest.MakeOwned(console, user);
            var machine = new QemuMachine(binary, "", "pc", "kvm", user, GuestUser.FindGroup("kvm"), DirectDisk: false);
            string[] arguments =
            [
                "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
                "-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
                "-machine", "pc", "-accel", "kvm", "-cpu", "host", "-m", "256",
                "-kernel", copy, "-append", "console=ttyS0 panic=-1",
                "-chardev", $"file,id=console,path={console}", "-serial", "chardev:console",
            ];
            using var process = QemuLauncher.Start(machine, machine.User, arguments, [], Path.Combine(folder, "qemu.log"));
            return await BootsAsync(process, console, cancellationToken);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task<bool> BootsAsync(LinuxProcess process, string console, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        try
        {
            while (time.GetElapsedTime(began) < TimeLimit)
            {
                var ended = !process.IsAlive;
                if (File.ReadAllText(console).Contains("VFS: Unable to mount root fs", StringComparison.Ordinal)) return true;
                if (ended) return false;
                await Task.Delay(Look, time, cancellationToken);
            }

            return false;
        }
        finally
        {
            process.KillAndWait(TimeSpan.FromSeconds(5));
        }
    }
}
