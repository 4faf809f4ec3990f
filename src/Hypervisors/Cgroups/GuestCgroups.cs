using System.Globalization;
using System.Runtime.Versioning;
using Opportunism.Core;
using Opportunism.Core.Health;
using Opportunism.Hypervisors.Linux;

namespace Opportunism.Hypervisors.Cgroups;

/// <summary>The cgroups of this machine's guests: one parent that is frozen as a whole and yields to all other processes, a child per
/// guest.</summary>
/// <remarks>
/// The parent in the version 2 hierarchy has the freezer. CPU and memory are limited there too where that hierarchy has these
/// controllers, else in the version 1 hierarchies beside it. Every step is safe to repeat; what is not available is a health item.
/// A cgroup's CPU and disk rank counts only among its siblings, so every level of the path gets the lowest one: with the parent
/// alone at idle rank, an owner's loop and the guests' loops got 186 and 183 ticks of one CPU; with every level, 220 and 0.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed class GuestCgroups : IDisposable
{
    // If the path has only one level, the cgroup beside it is at the top level, and needs a rank of its own.
    private static readonly (string File, string Word)[] WorkRank = [
        ("cpu.weight", "1"), ("cpu.shares", "2"), ("cpu.idle", "1"), ("io.weight", "default 1"), ("io.bfq.weight", "1"),
        ("blkio.bfq.weight", "1")];

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

    /// <summary>The guests' CPU rank; null where no cpu controller can be used.</summary>
    public CpuRank? CpuRank { get; private set; }

    /// <summary>Protection that is missing or weaker on this machine.</summary>
    public IReadOnlyList<HealthItem> Health => health;

    /// <summary>Creates the parent.</summary>
    /// <param name="path">Path below the mount point, such as <c>opportunism.slice/guests</c>. Every level of it must hold only
    /// guests.</param>
    /// <param name="mounts">The hierarchies of this machine.</param>
    /// <exception cref="IOException">Guests could not be frozen here, so no guest may be started.</exception>
    public static GuestCgroups Make(string path, CgroupMounts mounts)
    {
        if (mounts.Unified is not { } unified)
            throw new IOException("No cgroup version 2 hierarchy is mounted, so guests could not be frozen. Mount one at /sys/fs/cgroup.");
        var cgroups = new GuestCgroups(path, mounts, Path.Combine(unified, path));
        cgroups.MakeUnified(unified);
        cgroups.YieldCpu();
        cgroups.YieldDisk();
        cgroups.CheckMemory();
        return cgroups;
    }

    /// <summary>Creates a guest's cgroups with a limit on its memory.</summary>
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
        // Last: from here on the process is frozen whenever the guests are.
        joins.Add(Path.Combine(child, "cgroup.procs"));
        return joins;
    }

    /// <summary>Freezes or thaws one guest separately, independent of the parent.</summary>
    public bool FreezeChild(GuestId guest, bool frozen) =>
        LinuxFiles.TryControl(Path.Combine(ChildFolder(guest), "cgroup.freeze"), frozen ? "1" : "0");

    /// <summary>Raises the rank of guests' processes, for which the owner waits, until the returned object is disposed of
    /// (<see cref="CpuRank"/>).</summary>
    public IDisposable? RaiseCpuRank() => CpuRank?.Raise();

    /// <summary>Creates the cgroup of programs that work on guests' files, such as qemu-img. It has the guests' rank and is never
    /// frozen.</summary>
    /// <returns>The <c>cgroup.procs</c> files that such a program joins before it does anything else.</returns>
    public IReadOnlyList<string> MakeWork()
    {
        var work = new List<string>();
        foreach (var hierarchy in yieldingBeside.Append(mounts.Unified!))
        {
            var folder = Path.Combine(hierarchy, WorkPath);
            Directory.CreateDirectory(folder);
            foreach (var (file, word) in WorkRank) LinuxFiles.TryControl(Path.Combine(folder, file), word);
            work.Add(Path.Combine(folder, "cgroup.procs"));
        }

        return work;
    }

    /// <summary>Processes in a guest's cgroup.</summary>
    public IReadOnlyList<int> Processes(GuestId guest) => ProcessesIn(ChildFolder(guest));

    /// <summary>Programs that work on guests' files (<see cref="MakeWork"/>), including those of an earlier run.</summary>
    public IReadOnlyList<int> Working() => ProcessesIn(Path.Combine(mounts.Unified!, WorkPath));

    /// <summary>Whether a process is in that guest's cgroup, read from /proc of the process.</summary>
    public bool Holds(GuestId guest, int pid)
    {
        try
        {
            var wanted = $"0::/{path}/{guest.Value}";
            return File.ReadLines($"/proc/{pid}/cgroup")
                .Any(
                    line => line == wanted
                        || line.EndsWith($"/{path}/{guest.Value}", StringComparison.Ordinal)
                        && line.StartsWith("0::", StringComparison.Ordinal));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false; // it has just ended
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
        foreach (var hierarchy in new[] { mounts.Unified, mounts.Cpu, mounts.Disk }.OfType<string>())
            TryRemove(Path.Combine(hierarchy, WorkPath));
        foreach (var hierarchy in new[] { mounts.Cpu, mounts.Memory, mounts.Disk }.OfType<string>())
            TryRemove(Path.Combine(hierarchy, path));
    }

    public void Dispose() => CpuRank?.Dispose();

    private static IReadOnlyList<int> ProcessesIn(string cgroup)
    {
        var file = Path.Combine(cgroup, "cgroup.procs");
        if (!File.Exists(file)) return [];
        return [.. File.ReadAllLines(file).Select(line => int.Parse(line, CultureInfo.InvariantCulture))];
    }

    private string WorkPath => path + "-work";

    private string ChildFolder(GuestId guest) => Path.Combine(Parent, guest.Value);

    private void MakeUnified(string unified)
    {
        var folder = unified;
        foreach (var part in path.Split('/'))
        {
            foreach (var controller in new[] { "+cpu", "+memory", "+io" })
                LinuxFiles.TryControl(Path.Combine(folder, "cgroup.subtree_control"), controller);
            folder = Path.Combine(folder, part);
            Directory.CreateDirectory(folder);
            if (folder != Parent && File.ReadAllText(Path.Combine(folder, "cgroup.procs")).Length > 0)
                throw new IOException(
                    $"The cgroup {folder} holds processes of other programs, which would get the guests' rank. Set [Guests] Cgroup to a "
                        + "path of its own.");
        }

        LinuxFiles.TryControl(Path.Combine(folder, "cgroup.subtree_control"), "+memory");
        if (!File.Exists(Path.Combine(folder, "cgroup.freeze")))
            throw new IOException($"The cgroup {folder} has no freezer. A kernel of version 5.2 or newer is needed.");
    }

    private void YieldCpu()
    {
        CpuRank = CpuRank.Take(Levels(mounts.Unified!), "cpu.idle", "1", "0");
        if (CpuRank is not null) return;
        if (mounts.Cpu is { } cpu)
        {
            // Before kernel 5.15 there is no idle rank; the smallest share is nearly as good (p99 wake-up of a task beside it 2.5 instead
            // of 3.1 ms).
            CpuRank = CpuRank.Take(Levels(cpu), "cpu.idle", "1", "0") ?? CpuRank.Take(Levels(cpu), "cpu.shares", "2", "1024");
            if (CpuRank is not null) yieldingBeside.Add(cpu);
        }
        else
        {
            CpuRank = CpuRank.Take(Levels(mounts.Unified!), "cpu.weight", "1", "100");
        }

        if (CpuRank is null)
            health.Add(
                new HealthItem(
                    "guests.cgroup.no-cpu", HealthSeverity.Warning,
                    "No cpu controller can be used for guests, so they compete with all other programs for the CPU while the owner is "
                    + "away.",
                    "Enable the cpu controller in cgroup.subtree_control, or mount the version 1 cpu hierarchy."));
    }

    private void YieldDisk()
    {
        if (YieldAtEveryLevel(
            mounts.Unified!,
            folder => LinuxFiles.TryControl(Path.Combine(folder, "io.bfq.weight"), "1") | LinuxFiles.TryControl(
                Path.Combine(folder, "io.weight"), "default 1")))
            return;
        // Version 1: BFQ's weight is 1 to 1000, CFQ's (before kernel 5.0) 10 to 1000.
        if (mounts.Disk is { } disk
            && YieldAtEveryLevel(
                disk,
                folder => LinuxFiles.TryControl(
                    Path.Combine(folder, "blkio.bfq.weight"),
                    "1") | LinuxFiles.TryControl(Path.Combine(folder, "blkio.weight"), "10")))
        {
            yieldingBeside.Add(disk);
            return;
        }

        health.Add(
            new HealthItem(
                "guests.cgroup.no-io", HealthSeverity.Note,
                "No io controller can be used for guests, so their disk traffic has no lower rank while they run.",
                "Enable the io controller in cgroup.subtree_control."));
    }

    private bool YieldAtEveryLevel(string hierarchy, Func<string, bool> yield) =>
        Levels(hierarchy).Aggregate(true, (all, folder) => all & yield(folder));

    /// <summary>The cgroups of the path in a hierarchy, from the outermost on; created where they are missing.</summary>
    private List<string> Levels(string hierarchy)
    {
        var levels = new List<string>();
        foreach (var part in path.Split('/'))
        {
            levels.Add(Path.Combine(levels.Count == 0 ? hierarchy : levels[^1], part));
            Directory.CreateDirectory(levels[^1]);
        }

        return levels;
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

        health.Add(
            new HealthItem(
                "guests.cgroup.no-memory", HealthSeverity.Warning,
                "No memory controller can be used for guests: their memory is limited only by what they are given.",
                "Enable the memory controller in cgroup.subtree_control, or mount the version 1 memory hierarchy."));
    }

    private static void TryRemove(string folder)
    {
        try
        {
            if (Directory.Exists(folder)) Directory.Delete(folder);
        }
        catch (IOException)
        {
            // Still in use, or removed in between: the next guest that ends retries.
        }
    }
}
