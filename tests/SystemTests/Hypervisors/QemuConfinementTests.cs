using System.Runtime.Versioning;
using Opportunism.Core.Guests;
using Opportunism.Hypervisors;
using Opportunism.Hypervisors.Cgroups;
using Opportunism.Hypervisors.Linux;
using Opportunism.Hypervisors.Qemu;
using Opportunism.TestKit.Guests;
using Xunit;

namespace Opportunism.SystemTests.Hypervisors;

/// <summary>What a guest's process is not allowed to do, what it costs the owner, and what the brake costs.</summary>
[SupportedOSPlatform("linux")]
public sealed class QemuConfinementTests : IAsyncLifetime
{
    private readonly QemuSite site = new();
    private IHypervisor hypervisor = null!;
    private GuestSpec spec = null!;
    private GuestFolder folder = null!;

    public ValueTask InitializeAsync() => QemuSite.PrepareAsync(this, PrepareAsync);

    private async Task PrepareAsync()
    {
        var image = await site.MakeImageAsync(busy: 1);
        hypervisor = site.Make();
        await hypervisor.RecoverAsync(CancellationToken.None);
        await hypervisor.ProbeAsync(CancellationToken.None);
        spec = new GuestSpecMaker().Make(image);
        folder = new GuestFolder(site.Settings.StateFolder, site.Settings.RamFolder, spec.Id);
        var answer = await hypervisor.StartAsync(spec, image.Path, CancellationToken.None);
        Assert.True(answer.IsDone, answer.Sentence);
    }

    public async ValueTask DisposeAsync()
    {
        if (hypervisor is not null) await hypervisor.DisposeAsync();
        await site.CleanUpAsync();
    }

    [Fact]
    public async Task A_guests_process_is_nobody_and_may_nothing()
    {
        var record = QemuJson.Read(folder.Process, QemuJson.Default.ProcessRecord)!;
        var lines = (await File.ReadAllLinesAsync($"/proc/{record.Pid}/status")).Select(line => line.Split(':', 2))
            .ToDictionary(parts => parts[0], parts => parts[1].Trim());
        var own = QemuSite.Uid + 1;
        Assert.Equal($"{own}\t{own}\t{own}\t{own}", lines["Uid"]);
        Assert.Equal($"{QemuSite.Uid}\t{QemuSite.Uid}\t{QemuSite.Uid}\t{QemuSite.Uid}", lines["Gid"]);
        Assert.Equal("", lines["Groups"]);
        foreach (var set in new[] { "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb" }) Assert.Equal(0UL, Convert.ToUInt64(lines[set], 16));
        Assert.Equal("2", lines["Seccomp"]);
        Assert.Equal("1", lines["NoNewPrivs"]);
        Assert.Equal("1000", (await File.ReadAllTextAsync($"/proc/{record.Pid}/oom_score_adj")).Trim());
        Assert.Contains(
            (await File.ReadAllLinesAsync($"/proc/{record.Pid}/limits")),
            line => line.StartsWith("Max core file size", StringComparison.Ordinal) && line.Contains(" 0 ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_process_that_is_taken_over_cannot_reach_another_guest()
    {
        var other = new GuestSpecMaker().Make(await site.MakeImageAsync());
        Assert.Equal("", (await hypervisor.StartAsync(other, (await site.MakeImageAsync()).Path, CancellationToken.None)).Sentence);
        var (own, neighbour) = (QemuSite.Uid + 1, new GuestFolder(site.Settings.StateFolder, site.Settings.RamFolder, other.Id));
        var (mine, its) = (
            QemuJson.Read(folder.Process, QemuJson.Default.ProcessRecord)!.Pid,
            QemuJson.Read(neighbour.Process, QemuJson.Default.ProcessRecord)!.Pid);

        // What can be done to its own can be done by it, so that a failure on the neighbour's means something.
        foreach (var (line, mayDo) in new[]
        {
            ($"head -c 1 {RamOf(spec.Id)}", true), ($"head -c 1 {RamOf(other.Id)}", false),
            ($"head -c 1 {folder.Disk}", true), ($"head -c 1 {neighbour.Disk}", false),
            ($"head -c 1 {folder.Console}", true), ($"head -c 1 {neighbour.Console}", false),
            ($"test -S {folder.QmpSocket}", true), ($"test -S {neighbour.QmpSocket}", false),
            ($"ls {folder.Root}", false), ($"ls {site.Settings.StateFolder}/guests", false),
            ($"kill -0 {mine}", true), ($"kill -0 {its}", false),
        })
        {
            var (exit, output) = await QemuLauncher.RunAsync(
                new GuestUser(own, QemuSite.Uid), ["sh", "-c", line + " >/dev/null"], [], CancellationToken.None);
            Assert.True((exit == 0) == mayDo, $"{line}: exit code {exit}, {output}");
        }
    }

    [Fact]
    public async Task Another_user_of_the_desktop_sees_neither_image_nor_name()
    {
        var stranger = new GuestUser(64300, 64300);
        var image = QemuJson.Read(folder.Record, QemuJson.Default.GuestRecord)!.ImagePath;
        foreach (var path in new[] { image, folder.Disk, RamOf(spec.Id), folder.Console })
        {
            var (exit, _) = await QemuLauncher.RunAsync(stranger, ["head", "-c", "1", path], [], CancellationToken.None);
            Assert.NotEqual(0, exit);
        }

        var pid = QemuJson.Read(folder.Process, QemuJson.Default.ProcessRecord)!.Pid;
        var (_, words) = await QemuLauncher.RunAsync(stranger, ["cat", $"/proc/{pid}/cmdline"], [], CancellationToken.None);
        Assert.Contains(spec.Id.Value, words, StringComparison.Ordinal);
        Assert.DoesNotContain(spec.Name, words, StringComparison.Ordinal);
    }

    [Fact]
    public void Its_memory_is_on_tmpfs_and_its_files_are_its_own()
    {
        Assert.True(LinuxFiles.IsTmpfs(RamOf(spec.Id)));
        Assert.False(File.Exists(folder.Ram), "The file that the memory is in has a name.");
        using var ram = File.OpenHandle(RamOf(spec.Id));
        Assert.Equal(spec.MemoryMiB * 1024L * 1024, RandomAccess.GetLength(ram));
        foreach (var path in new[] { RamOf(spec.Id), folder.Disk, folder.Console })
            Assert.Equal(LinuxFiles.OwnerOnly, File.GetUnixFileMode(path));
        foreach (var path in new[] { folder.Record, folder.Process }) Assert.Equal(LinuxFiles.OwnerOnly, File.GetUnixFileMode(path));
        Assert.Equal(LinuxFiles.GroupMayPass, File.GetUnixFileMode(folder.Root));
        Assert.Equal(LinuxFiles.GroupMayPass, File.GetUnixFileMode(Path.GetDirectoryName(folder.Root)!));
        Assert.Equal(LinuxFiles.AllMayPass, File.GetUnixFileMode(site.Settings.StateFolder));
    }

    [Fact]
    public void Its_cgroup_bounds_its_memory()
    {
        var mounts = CgroupMounts.Find();
        string[] limits = [
            Path.Combine(site.ParentCgroup, spec.Id.Value, "memory.max"),
            Path.Combine(mounts.Memory ?? "/none", site.Settings.Cgroup, spec.Id.Value, "memory.limit_in_bytes")];
        var limit = long.Parse(File.ReadAllText(limits.First(File.Exists)).Trim(), System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal((spec.MemoryMiB + QemuArguments.OverheadMiB("tcg")) * 1024 * 1024, limit);
    }

    [Fact]
    public async Task Freezing_allocates_nothing_and_stops_a_busy_guest()
    {
        var freezer = hypervisor.Freezer;
        var console = new TickConsole(hypervisor, spec.Id);
        for (var tries = 0; console.Newest < 0 && tries < 600; tries++)
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);

        // Once each, so that everything is compiled.
        _ = freezer.FreezeAll() & freezer.ThawAll() & freezer.SignalAll() & freezer.ThawAll();
        _ = freezer.GuestCpuNanoseconds();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var done = freezer.FreezeAll();
        var atOnce = freezer.GuestCpuNanoseconds();
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(done);
        Assert.Equal(0, allocated);
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
        // Generous for a machine that others use: the benchmark has the promise.
        Assert.InRange(freezer.GuestCpuNanoseconds() - atOnce, 0, 100_000_000);

        before = GC.GetAllocatedBytesForCurrentThread();
        _ = freezer.ThawAll() & freezer.SignalAll() & freezer.ThawAll();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public async Task Deleting_leaves_nothing_behind()
    {
        var record = QemuJson.Read(folder.Process, QemuJson.Default.ProcessRecord)!;
        Assert.True((await hypervisor.DeleteAsync(spec.Id, CancellationToken.None)).IsDone);
        Assert.False(Directory.Exists(folder.Root) || File.Exists(folder.Ram));
        Assert.Null(LinuxProcess.Find(record.Pid, record.StartTime));
        Assert.False(Directory.Exists(Path.Combine(site.ParentCgroup, spec.Id.Value)));
    }

    [Fact]
    public void A_console_is_bounded_and_keeps_its_offsets()
    {
        var path = Path.Combine(folder.Root, "console.test");
        var line = new byte[64 * 1024];
        using (var stream = new FileStream(path, FileMode.CreateNew))
        {
            for (var i = 0; i < 64; i++)
            {
                Array.Fill(line, (byte)('a' + (i % 26)));
                stream.Write(line);
            }
        }

        ConsoleLog.Trim(path);
        var slice = ConsoleLog.Read(path, 0, 10);
        Assert.Equal(3 * 1024 * 1024, slice.Offset);
        Assert.Equal((byte)('a' + (48 % 26)), slice.Bytes.Span[0]);
        Assert.Equal(4 * 1024 * 1024, new FileInfo(path).Length);
    }

    private string RamOf(Core.GuestId guest) => ((QemuHypervisor)hypervisor).Find(guest)!.Process!.Ram;
}
