using System.Globalization;
using System.Runtime.Versioning;
using Opportunism.Core;
using Opportunism.Core.Health;
using Opportunism.Hypervisors.Linux;

namespace Opportunism.Hypervisors.Cgroups;

/// <summary>The cgroups that hold this machine's guests: one parent that is frozen as a whole and yields to all other processes, a child per guest.</summary>
/// <remarks>
/// The parent in the version 2 hierarchy carries the freezer. CPU and memory are limited there too where that hierarchy has these
/// controllers, else in the version 1 hierarchies beside it. Every step is safe to repeat; what cannot be had is a health item.
/// A cgroup's CPU and disk rank counts among its siblings only, so every level of the path is given the lowest one: with the parent
/// alone at idle rank, an owner's loop and the guests' loops got 186 and 183 ticks of one CPU; with every level, 220 and 0.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed class GuestCgroups
{
    private readonly string path;
    private readonly CgroupMounts mounts;
    private readonly List<HealthItem> health = [];

    // Hierarchies of version 1 in which guests have the lowest rank, because version 2 has no such controller here.
    private readonly List<string> yieldingBeside = [];
    private bool memoryInUnified;

    private GuestCgroups(string path, CgroupMounts mounts, string parent)
    {
        this.path = path;
        this.mounts = mounts;
        Parent = parent;
    }

    /// <summary>Folder of the parent in the version 2 hierarchy.</summary>
    public string Parent { get; }

    /// <summary>What is weaker here than it should be.</summary>
    public IReadOnlyList<HealthItem> Health => health;

    /// <summary>Makes the parent.</summary>
    /// <param name="path">Path below the mount point, such as <c>opportunism.slice/guests</c>. Every level of it must hold guests alone.</param>
    /// <param name="mounts">The hierarchies of this machine.</param>
    /// <exception cref="IOException">Guests could not be frozen here: no guest may be started.</exception>
    public static GuestCgroups Make(string path, CgroupMounts mounts)
    {
        if (mounts.Unified is not { } unified) throw new IOException("No cgroup version 2 hierarchy is mounted, so guests could not be frozen. Mount one at /sys/fs/cgroup.");
        var cgroups = new GuestCgroups(path, mounts, Path.Combine(unified, path));
        cgroups.MakeUnified(unified);
        cgroups.YieldCpu();
        cgroups.YieldDisk();
        cgroups.CheckMemory();
        return cgroups;
    }

    /// <summary>Makes a guest's cgroups with a limit on its memory.</summary>
    /// <returns>The <c>cgroup.procs</c> files that its first process must join before it does anything else.</returns>
    public IReadOnlyList<string> MakeChild(GuestId guest, long memoryBytes)
    {
        var joins = new List<string>();
        var limit = memoryBytes.ToString(CultureInfo.InvariantCulture);
        var child = ChildFolder(guest);
        Directory.CreateDirectory(child);
        if (memoryInUnified)
        {
            LinuxFiles.TryControl(Path.Combine(child, "memory.max"), limit);
            LinuxFiles.TryControl(Path.Combine(child, "memory.swap.max"), "0");
        }
        else if (mounts.Memory is { } memory)
        {
            var folder = Path.Combine(memory, path, guest.Value);
            Directory.CreateDirectory(folder);
            LinuxFiles.TryControl(Path.Combine(folder, "memory.limit_in_bytes"), limit);
            joins.Add(Path.Combine(folder, "cgroup.procs"));
        }

        foreach (var hierarchy in yieldingBeside) joins.Add(Path.Combine(hierarchy, path, "cgroup.procs"));
        // Last: from here on the process stands still whenever the guests are frozen.
        joins.Add(Path.Combine(child, "cgroup.procs"));
        return joins;
    }

    /// <summary>Freezes or thaws one guest on its own, whatever the parent does.</summary>
    public bool FreezeChild(GuestId guest, bool frozen) => LinuxFiles.TryControl(Path.Combine(ChildFolder(guest), "cgroup.freeze"), frozen ? "1" : "0");

    /// <summary>Processes in a guest's cgroup.</summary>
    public IReadOnlyList<int> Processes(GuestId guest)
    {
        var file = Path.Combine(ChildFolder(guest), "cgroup.procs");
        if (!File.Exists(file)) return [];
        return [.. File.ReadAllLines(file).Select(line => int.Parse(line, CultureInfo.InvariantCulture))];
    }

    /// <summary>Whether a process is in that guest's cgroup, judged by the process itself.</summary>
    public bool Holds(GuestId guest, int pid)
    {
        try
        {
            var wanted = $"0::/{path}/{guest.Value}";
            return File.ReadLines($"/proc/{pid}/cgroup").Any(line => line == wanted || line.EndsWith($"/{path}/{guest.Value}", StringComparison.Ordinal) && line.StartsWith("0::", StringComparison.Ordinal));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false; // it has just gone
        }
    }

    /// <summary>Guests that have a cgroup, such as those an earlier run left behind.</summary>
    public IEnumerable<GuestId> Children()
    {
        foreach (var folder in Directory.EnumerateDirectories(Parent))
        {
            if (GuestId.TryParse(Path.GetFileName(folder), out var id)) yield return id;
        }
    }

    /// <summary>Removes a guest's cgroups; one that still holds a process stays.</summary>
    public void RemoveChild(GuestId guest)
    {
        TryRemove(ChildFolder(guest));
        if (!memoryInUnified && mounts.Memory is { } memory) TryRemove(Path.Combine(memory, path, guest.Value));
    }

    /// <summary>Removes the parent where no guest is left in it.</summary>
    public void RemoveParent()
    {
        TryRemove(Parent);
        foreach (var hierarchy in new[] { mounts.Cpu, mounts.Memory, mounts.Disk }.OfType<string>()) TryRemove(Path.Combine(hierarchy, path));
    }

    private string ChildFolder(GuestId guest) => Path.Combine(Parent, guest.Value);

    private void MakeUnified(string unified)
    {
        var folder = unified;
        foreach (var part in path.Split('/'))
        {
            foreach (var controller in new[] { "+cpu", "+memory", "+io" }) LinuxFiles.TryControl(Path.Combine(folder, "cgroup.subtree_control"), controller);
            folder = Path.Combine(folder, part);
            Directory.CreateDirectory(folder);
            if (folder != Parent && File.ReadAllText(Path.Combine(folder, "cgroup.procs")).Length > 0) throw new IOException($"The cgroup {folder} holds processes of other programs, which would get the guests' rank. Set Guests:Cgroup to a path of its own.");
        }

        LinuxFiles.TryControl(Path.Combine(folder, "cgroup.subtree_control"), "+memory");
        if (!File.Exists(Path.Combine(folder, "cgroup.freeze"))) throw new IOException($"The cgroup {folder} has no freezer. A kernel of version 5.2 or newer is needed.");
    }

    private void YieldCpu()
    {
        if (YieldAtEveryLevel(mounts.Unified!, folder => LinuxFiles.TryControl(Path.Combine(folder, "cpu.idle"), "1"))) return;
        if (mounts.Cpu is { } cpu)
        {
            // Before kernel 5.15 there is no idle rank: the smallest share is nearly as good (p99 wake-up of a task beside it 2.5 instead of 3.1 ms).
            if (YieldAtEveryLevel(cpu, folder => LinuxFiles.TryControl(Path.Combine(folder, "cpu.idle"), "1") || LinuxFiles.TryControl(Path.Combine(folder, "cpu.shares"), "2")))
            {
                yieldingBeside.Add(cpu);
                return;
            }
        }
        else if (YieldAtEveryLevel(mounts.Unified!, folder => LinuxFiles.TryControl(Path.Combine(folder, "cpu.weight"), "1")))
        {
            return;
        }

        health.Add(new HealthItem("guests.cgroup.no-cpu", HealthSeverity.Warning, "No cpu controller can be used for guests, so they compete with all other programs for the CPU while the owner is away.", "Enable the cpu controller in cgroup.subtree_control, or mount the version 1 cpu hierarchy."));
    }

    private void YieldDisk()
    {
        if (YieldAtEveryLevel(mounts.Unified!, folder => LinuxFiles.TryControl(Path.Combine(folder, "io.bfq.weight"), "1") | LinuxFiles.TryControl(Path.Combine(folder, "io.weight"), "default 1"))) return;
        // Version 1: BFQ's weight is 1 to 1000, CFQ's (before kernel 5.0) 10 to 1000.
        if (mounts.Disk is { } disk && YieldAtEveryLevel(disk, folder => LinuxFiles.TryControl(Path.Combine(folder, "blkio.bfq.weight"), "1") | LinuxFiles.TryControl(Path.Combine(folder, "blkio.weight"), "10")))
        {
            yieldingBeside.Add(disk);
            return;
        }

        health.Add(new HealthItem("guests.cgroup.no-io", HealthSeverity.Note, "No io controller can be used for guests, so their disk traffic has no lower rank while they run.", "Enable the io controller in cgroup.subtree_control."));
    }

    /// <summary>Gives each cgroup of the path the lowest rank; false where one of them does not take it.</summary>
    private bool YieldAtEveryLevel(string hierarchy, Func<string, bool> yield)
    {
        var (folder, all) = (hierarchy, true);
        foreach (var part in path.Split('/'))
        {
            folder = Path.Combine(folder, part);
            Directory.CreateDirectory(folder);
            all &= yield(folder);
        }

        return all;
    }

    private void CheckMemory()
    {
        memoryInUnified = File.Exists(Path.Combine(Parent, "memory.max"));
        if (memoryInUnified) return;
        if (mounts.Memory is { } memory)
        {
            Directory.CreateDirectory(Path.Combine(memory, path));
            return;
        }

        health.Add(new HealthItem("guests.cgroup.no-memory", HealthSeverity.Warning, "No memory controller can be used for guests: their memory is limited only by what they are given.", "Enable the memory controller in cgroup.subtree_control, or mount the version 1 memory hierarchy."));
    }

    private static void TryRemove(string folder)
    {
        try
        {
            if (Directory.Exists(folder)) Directory.Delete(folder);
        }
        catch (IOException)
        {
            // Still in use, or gone in between: the next one who ends here tries again.
        }
    }
}
