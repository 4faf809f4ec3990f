using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using Opportunism.Core;
using Opportunism.Hypervisors.Cgroups;
using Xunit;

namespace Opportunism.SystemTests.Hypervisors;

/// <summary>What the owner's programs get of a processor beside processes in the
/// guests' cgroups, at the place where a desktop has its users' programs.</summary>
[SupportedOSPlatform("linux")]
public sealed class GuestRankTests : IAsyncLifetime
{
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(3);

    private readonly string name = "opp-rank-" + Guid.NewGuid().ToString("N")[..8];
    private readonly CgroupMounts mounts = CgroupMounts.Find();
    private readonly GuestId guest = GuestId.Parse(Guid.NewGuid().ToString("N"));
    private readonly List<Process> loops = [];
    private GuestCgroups cgroups = null!;

    // Beside the guests' path at the top, as user.slice is: with cpu shares of its own.
    private string OwnerName => name + "-owner";

    public ValueTask InitializeAsync()
    {
        cgroups = GuestCgroups.Make(name + "/guests", mounts);
        foreach (var mount in Mounts()) Directory.CreateDirectory(Path.Combine(mount, OwnerName));
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var loop in loops)
        {
            loop.Kill();
            await loop.WaitForExitAsync();
            loop.Dispose();
        }

        cgroups.RemoveChild(guest);
        cgroups.RemoveParent();
        cgroups.Dispose();
        foreach (var mount in Mounts())
        {
            foreach (var folder in new[] { Path.Combine(mount, name), Path.Combine(mount, OwnerName) }.Where(Directory.Exists))
                Directory.Delete(folder);
        }
    }

    [Fact]
    public async Task An_owners_loop_gets_the_processor_before_four_loops_of_guests()
    {
        for (var i = 0; i < 4; i++) Loop(cgroups.MakeChild(guest, 64 * 1024 * 1024));
        var owner = Loop(Mounts().Select(mount => Path.Combine(mount, OwnerName, "cgroup.procs")));
        Assert.InRange(await GuestsShareAsync(owner), 0, 0.05);
    }

    [Fact]
    public async Task Guests_that_must_end_get_the_processor_beside_an_owners_loop_until_the_last_reason_is_gone()
    {
        using var freezer = new CgroupFreezer(cgroups.Parent, cgroups.CpuRank);
        Loop(cgroups.MakeChild(guest, 64 * 1024 * 1024));
        var owner = Loop(Mounts().Select(mount => Path.Combine(mount, OwnerName, "cgroup.procs")));

        freezer.SetPrompt(true);
        using (cgroups.RaiseCpuRank()) Assert.InRange(await GuestsShareAsync(owner), 0.2, 0.8);
        Assert.InRange(await GuestsShareAsync(owner), 0.2, 0.8);

        using (cgroups.RaiseCpuRank())
        {
            freezer.SetPrompt(false);
            Assert.InRange(await GuestsShareAsync(owner), 0.2, 0.8);
        }

        Assert.InRange(await GuestsShareAsync(owner), 0, 0.05);
    }

    [Fact]
    public void A_path_that_other_programs_are_in_is_refused()
    {
        var busy = Loop(Mounts().Select(mount => Path.Combine(mount, OwnerName, "cgroup.procs")));
        Assert.False(busy.HasExited);
        var exception = Assert.Throws<IOException>(() => GuestCgroups.Make(OwnerName + "/guests", mounts));
        Assert.Contains("[Guests] Cgroup", exception.Message, StringComparison.Ordinal);
    }

    private IEnumerable<string> Mounts() => new[] { mounts.Cpu, mounts.Memory, mounts.Disk, mounts.Unified }.OfType<string>();

    /// <summary>The share of guests' loops in the time of one processor that they and the owner's loop use.</summary>
    private async Task<double> GuestsShareAsync(Process owner)
    {
        owner.Refresh();
        var (ownerBefore, guestsBefore) = (owner.TotalProcessorTime, GuestsTime());
        await Task.Delay(Measured, TimeProvider.System);
        owner.Refresh();
        var (owners, guests) = (owner.TotalProcessorTime - ownerBefore, GuestsTime() - guestsBefore);
        return guests / (owners + guests);
    }

    private TimeSpan GuestsTime()
    {
        var sum = TimeSpan.Zero;
        foreach (var loop in loops.SkipLast(1))
        {
            loop.Refresh();
            sum += loop.TotalProcessorTime;
        }

        return sum;
    }

    /// <summary>A loop on processor 0 that has joined the cgroups.</summary>
    private Process Loop(IEnumerable<string> joins)
    {
        string[] files = [.. joins];
        var script = string.Join(
            "; ",
            Enumerable.Range(1, files.Length)
            .Select(i => string.Create(CultureInfo.InvariantCulture, $"echo $$ >\"${{{i}}}\" || exit 71")));
        var loop = Process.Start(
            new ProcessStartInfo("taskset", ["-c", "0", "sh", "-c", $"{script}; echo joined; while :; do :; done", "sh", .. files])
            {
                RedirectStandardOutput = true,
            })!;
        loops.Add(loop);
        Assert.Equal("joined", loop.StandardOutput.ReadLine());
        return loop;
    }
}
