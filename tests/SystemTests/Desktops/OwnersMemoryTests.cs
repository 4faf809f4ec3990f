using System.Globalization;
using System.Runtime.Versioning;
using Opportunism.Core.Availability;
using Opportunism.Core.Guests;
using Opportunism.TestKit.Desktops;
using Xunit;

namespace Opportunism.SystemTests.Desktops;

/// <summary>A program of the owner's that takes memory as fast as the kernel gives it, beside a
/// guest that has used all of its own, on a desktop with a real kernel, swap and systemd.</summary>
[Collection(SharedSystemdDesktop.Name)]
[SupportedOSPlatform("linux")]
public sealed class OwnersMemoryTests(SystemdDesktopSite site, ITestOutputHelper output) : IAsyncLifetime
{
    private const int DirtyMiB = 384;

    // The kernel's trace of when guests were frozen, which process it killed,
    // and when that ended: printed, so that a failure can be understood.
    private const string TraceOn = "mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null; cd /sys/kernel/tracing; echo mono "
        + ">trace_clock; echo >trace; for e in cgroup/cgroup_freeze cgroup/cgroup_unfreeze oom/mark_victim sched/sched_process_exit; do "
        + "echo 1 >events/$e/enable; done; echo 1 >tracing_on; cd /";
    private const string TraceOff =
        "cd /sys/kernel/tracing; echo 0 >events/enable; grep -E 'cgroup_|mark_victim|sched_process_exit.*(qemu|perl|KVM)' trace; cd /";

    private readonly string name = $"large-{Guid.NewGuid():N}"[..14];
    private string id = "";
    private bool outOfMemory;

    public async ValueTask InitializeAsync()
    {
        await site.IsAsync(NodeState.Available, "before the guest with much memory starts");
        id = await site.AddVmAsync(name, DirtyMiB);
        await site.IsAsync(NodeState.Available, "before the owner's program starts");
    }

    public async ValueTask DisposeAsync()
    {
        await site.AskAsync("systemctl stop owner 2>/dev/null; swapon /dev/vda 2>/dev/null");
        await site.DeleteVmAsync(name, id);
        // The kernel takes as many guests as it needs, the tenant of the other tests too.
        if (outOfMemory) await site.ReplaceTenantAsync();
    }

    [Fact]
    public async Task A_program_that_takes_nine_tenths_of_the_available_memory_is_not_killed_and_not_swapped()
    {
        var seen = await TakeAsync("a * 90 / 100");
        Assert.Equal(("done", 0L), (seen.Ended, seen.SwapKiB));
        Assert.DoesNotContain("Killed process", seen.KernelLog, StringComparison.Ordinal);
        await StillThereAsync();
    }

    /// <remarks>
    /// Whether the owner's program lives is not asserted: on this emulated desktop with one processor it was killed too in 2 of 6 runs.
    /// Guests are frozen 0.6 s after the kernel has chosen the first, and a
    /// killed QEMU takes up to 3 s more to end (SPECIFICATION.md says so).
    /// </remarks>
    [Fact]
    public async Task When_memory_runs_out_the_kernel_takes_it_from_guests_first_and_never_from_the_agent()
    {
        await site.AskAsync("swapoff /dev/vda");
        outOfMemory = true;
        // Fits once the guest is gone, and not before.
        var seen = await TakeAsync("a + 250 * 1024");
        output.WriteLine($"the owner's program: {seen.Ended}");
        var killed = seen.KernelLog.Split('\n').Where(line => line.Contains("Killed process", StringComparison.Ordinal)).ToArray();
        Assert.NotEmpty(killed);
        Assert.Contains("(qemu-system", killed[0], StringComparison.Ordinal);
        Assert.DoesNotContain("(Opportunism", seen.KernelLog, StringComparison.Ordinal);
        await StillThereAsync();
    }

    /// <summary>The guest comes back, from its checkpoint or, where the kernel killed it, from its disk.</summary>
    private async Task StillThereAsync()
    {
        await site.IsAsync(NodeState.Available, "after the owner's program has ended");
        await site.UntilAsync("the guest runs again", async () => await site.PhaseAsync(id) == GuestPhase.Running ? "" : null);
    }

    /// <summary>Runs the owner's program, which takes memory in one sweep, and
    /// reports how it ended and what the kernel and the node did.</summary>
    /// <param name="kib">How much it takes, as a shell expression in KiB of <c>a</c>, the available memory.</param>
    private async Task<Seen> TakeAsync(string kib)
    {
        const string Program = "open(Z,\"</dev/zero\"); my $b=\"\"; my $n=sysread(Z,$b,$ARGV[0]*1024); open(S,\"</proc/self/status\"); "
            + "print grep {/VmSwap|VmRSS/} <S>; "
            + "print $n==$ARGV[0]*1024 ? \"done\\n\" : \"short\\n\"";
        await site.Desktop.WriteAsync("/tmp/take", Program);
        var before = await site.AskAsync(
            "dmesg -c >/dev/null; a=$(sed -n 's/^MemAvailable: *\\([0-9]*\\).*/\\1/p' /proc/meminfo); grep -E "
                + "'MemTotal|MemFree|MemAvailable|Shmem:|SwapFree' /proc/meminfo; grep -E 'pswpout' /proc/vmstat; "
            + $"{TraceOn}; k=$(({kib})); echo takes $k; rm -f /tmp/taken; systemd-run -q --slice=user.slice --unit=owner "
                + "--remain-after-exit -p StandardOutput=file:/tmp/taken -p StandardError=file:/tmp/taken perl /tmp/take $k");
        output.WriteLine(before);
        var states = new List<string>();
        await site.UntilAsync("the owner's program has ended", async () =>
        {
            var state = await site.AskAsync(
                "systemctl show -p SubState -p Result --value owner | tr '\\n' ' '; grep MemAvail /proc/meminfo; head -1 "
                    + "/proc/pressure/memory; cat $G/cgroup.freeze");
            states.Add($"{(await site.NodeAsync()).State}/{await site.PhaseAsync(id)} {state.ReplaceLineEndings(" ")}");
            return state.Contains("running", StringComparison.Ordinal) ? null : "";
        });
        foreach (var state in states) output.WriteLine(state);
        var printed = await site.AskAsync(
            "cat /tmp/taken; echo; systemctl show -p Result --value owner; systemctl stop owner; systemctl reset-failed owner 2>/dev/null");
        output.WriteLine(printed);
        var log = await site.AskAsync("dmesg | grep -E 'oom|Out of memory|Killed|invoked'");
        output.WriteLine(log);
        output.WriteLine(await site.AskAsync(TraceOff));
        output.WriteLine(
            await site.AskAsync(
                "grep -E 'pswpout|oom_kill|allocstall' /proc/vmstat; grep -E 'MemTotal|MemFree|MemAvailable|Shmem:|SwapFree' "
                    + "/proc/meminfo; journalctl -u opportunism-agent -o cat --no-pager -n 15"));
        var swap = printed.Split('\n').FirstOrDefault(line => line.StartsWith("VmSwap:", StringComparison.Ordinal)) is { } line
            ? long.Parse(line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)
            : -1;
        return new(printed.Contains("done", StringComparison.Ordinal) ? "done" : printed, swap, log);
    }

    private sealed record Seen(string Ended, long SwapKiB, string KernelLog);
}
