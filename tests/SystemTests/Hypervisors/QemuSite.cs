using System.Runtime.Versioning;
using Microsoft.Extensions.Logging.Abstractions;
using Opportunism.Hypervisors;
using Opportunism.Hypervisors.Cgroups;
using Opportunism.Hypervisors.Linux;
using Opportunism.Hypervisors.Qemu;
using Opportunism.TestKit.Guests;

namespace Opportunism.SystemTests.Hypervisors;

/// <summary>Folders and cgroups of its own for one test, and everything ended afterwards.</summary>
[SupportedOSPlatform("linux")]
internal sealed class QemuSite
{
    /// <summary>A user that exists nowhere, so that nothing else of the machine belongs to it.</summary>
    public const uint Uid = 64321;

    // Several guests of 1 GiB; memory is taken only as they use it.
    private const long RamBytes = 8L << 30;

    private readonly string name = "opp-test-" + Guid.NewGuid().ToString("N")[..8];
    private readonly string folder;

    /// <param name="stateFolder">Where guests' disks lie; null for a folder on the disk of this machine.</param>
    /// <param name="keepFreeMiB">Room there that is not used.</param>
    public QemuSite(string? stateFolder = null, int keepFreeMiB = 0)
    {
        folder = "/var/tmp/" + name;
        // Guests run as another user that must reach the image.
        Directory.CreateDirectory(
            folder,
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute
                | UnixFileMode.OtherExecute);
        Settings = new QemuSettings
        {
            StateFolder = stateFolder ?? Path.Combine(folder, "state"),
            KeepFreeMiB = keepFreeMiB,
            RamFolder = Path.Combine(folder, "memory"),
            Cgroup = name + "/guests",
            RunAs = Uid.ToString(System.Globalization.CultureInfo.InvariantCulture),
            RunAsRange = new(Uid + 1, Uid + 16),
            Accelerator = Accelerator.Tcg,
        };
        if (GuestMemoryMount.Ensure(Settings.RamFolder, RamBytes) is { } problem) throw new InvalidOperationException(problem);
    }

    public QemuSettings Settings { get; }

    public string ParentCgroup => Path.Combine(CgroupMounts.Find().Unified!, Settings.Cgroup);

    public IHypervisor Make() => new QemuHypervisor(Settings, TimeProvider.System, NullLogger<QemuHypervisor>.Instance);

    public Task<TickImage> MakeImageAsync(int busy = 0, int dirtyMiB = 0, bool disk = false) =>
        TickImage.MakeAsync(folder, busy, dirtyMiB, disk);

    /// <summary>Does what a test needs before it begins. Where that fails the test is
    /// disposed of here: the runner does so only with one that was prepared.</summary>
    public static async ValueTask PrepareAsync(IAsyncDisposable test, Func<Task> prepare)
    {
        try
        {
            await prepare();
        }
        catch
        {
            await test.DisposeAsync();
            throw;
        }
    }

    /// <summary>Kills every process in this site's cgroups and removes what it made.</summary>
    public async ValueTask CleanUpAsync()
    {
        using var cgroups = GuestCgroups.Make(Settings.Cgroup, CgroupMounts.Find());
        foreach (var guest in cgroups.Children())
        {
            var children = cgroups.Processes(guest).Select(pid => LinuxProcess.Find(pid)).OfType<LinuxProcess>();
            foreach (var process in children)
            {
                process.KillAndWait(TimeSpan.FromSeconds(10));
                process.Dispose();
            }

            for (var tries = 0; tries < 50 && cgroups.Processes(guest).Count > 0; tries++)
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            cgroups.RemoveChild(guest);
        }

        cgroups.RemoveParent();
        var mounts = CgroupMounts.Find();
        foreach (var mount in new[] { mounts.Unified, mounts.Cpu, mounts.Memory, mounts.Disk }.OfType<string>())
        {
            if (Directory.Exists(Path.Combine(mount, name))) Directory.Delete(Path.Combine(mount, name));
        }

        GuestMemoryMount.Remove(Settings.RamFolder);
        Directory.Delete(folder, recursive: true);
    }
}
