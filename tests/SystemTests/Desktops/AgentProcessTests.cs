using System.Globalization;
using System.Runtime.Versioning;
using Opportunism.Core.Availability;
using Opportunism.TestKit.Desktops;
using Xunit;

namespace Opportunism.SystemTests.Desktops;

/// <summary>The agent's process under systemd: what the kernel may take from it, and how long guests run on after its death.</summary>
[Collection(SharedSystemdDesktop.Name)]
[SupportedOSPlatform("linux")]
public sealed class AgentProcessTests(SystemdDesktopSite site, ITestOutputHelper output)
{
    private const string Unit = "opportunism-agent";
    private const string Pid = "$(systemctl show -p MainPID --value " + Unit + ")";

    // Arguments: how many deaths. Prints for each "gap", the ms from the kill to the
    // kernel's own record of the freeze, and the ms of CPU that guests used meanwhile.
    private const string Deaths =
        """
        sub now { my $b = pack("qq", 0, 0); syscall(228, 1, $b); my ($s, $n) = unpack("qq", $b); $s + $n / 1e9 }
        sub nap { select(undef, undef, undef, $_[0]) }
        sub put { open(my $h, ">", $_[0]) or die "$_[0]: $!"; defined syswrite($h, $_[1]) or die "$_[0]: $!"; close $h }
        sub used { open(my $h, "<", "/sys/fs/cgroup/opportunism.slice/guests/cpu.stat"); my ($u) = <$h> =~ /(\d+)/; $u / 1000 }
        $| = 1;
        my ($unit, $g, $t) = ("opportunism-agent", "/sys/fs/cgroup/opportunism.slice/guests", "/sys/kernel/tracing");
        system("mount -t tracefs tracefs $t 2>/dev/null");
        put("$t/trace_clock", "mono"); put("$t/events/cgroup/cgroup_freeze/enable", "1"); put("$t/tracing_on", "1");
        mkdir "$g/busy";
        my $busy = fork();
        if (!$busy) { put("$g/busy/cgroup.procs", "$$"); while (1) { } }
        for (1 .. $ARGV[0]) {
            system("systemctl start $unit"); chomp(my $pid = `systemctl show -p MainPID --value $unit`);
            put("$g/cgroup.freeze", "0"); nap(0.5); put("$t/trace", "");
            my ($before, $killed) = (used(), now());
            kill(9, $pid) == 1 or die "no process $pid";
            nap(0.2) while `systemctl is-active $unit` !~ /failed/;
            my $after = used();
            open(my $h, "<", "$t/trace"); my ($frozen) = map { / (\d+\.\d+): cgroup_freeze:/ ? $1 : () } <$h>;
            printf "gap %.1f %.1f\n", ($frozen - $killed) * 1000, $after - $before;
            system("systemctl reset-failed $unit");
        }
        kill 9, $busy; waitpid($busy, 0); rmdir "$g/busy"; put("$t/events/cgroup/cgroup_freeze/enable", "0");
        print "done\n";
        """;

    [Fact]
    public async Task No_page_of_the_agent_is_taken_when_memory_is_taken_back_and_those_of_another_program_are()
    {
        await site.IsAsync(NodeState.Available, "before memory is taken back");
        // Another program with 32 MiB of its own and as much of a file, which has been read by it alone.
        await site.Desktop.WriteAsync(
            "/tmp/unlocked", "open(F, \"</mnt/other\"); 1 while sysread(F, my $piece, 1 << 20); my $own = \"x\" x (32 << 20); sleep 600;");
        await site.AskAsync(
            "head -c 33554432 /dev/urandom >/mnt/other; sync; echo 1 >/proc/sys/vm/drop_caches; systemd-run -q --unit=unlocked perl "
                + "/tmp/unlocked");
        try
        {
            const string Other = "$(systemctl show -p MainPID --value unlocked)";
            await site.UntilAsync(
                "the other program has its memory", async () => await SwappedAndHeldAsync(Other) is { OwnKiB: > 32 << 10 } ? "" : null);
            var (agent, other) = (await SwappedAndHeldAsync(Pid), await SwappedAndHeldAsync(Other));
            var cached = long.Parse(await site.AskAsync("fincore -b -n -o RES /mnt/other"), CultureInfo.InvariantCulture);
            Assert.Equal((32L << 20, 0L), (cached, agent.SwapKiB));

            // More than either has. The kernel takes what it can, and complains that it was not enough.
            await site.AskAsync(
                $"for unit in {Unit} unlocked; do echo 512M >/sys/fs/cgroup/system.slice/$unit.service/memory.reclaim; done 2>/dev/null");
            var (agentAfter, otherAfter) = (await SwappedAndHeldAsync(Pid), await SwappedAndHeldAsync(Other));
            var cachedAfter = await site.AskAsync("fincore -b -n -o RES /mnt/other");
            output.WriteLine(
                $"agent {agent} -> {agentAfter}; other program {other} -> {otherAfter}, its file {cached} -> {cachedAfter} bytes");

            Assert.InRange(otherAfter.SwapKiB, 30 << 10, long.MaxValue);
            Assert.Equal("0", cachedAfter);
            Assert.Equal(0, agentAfter.SwapKiB);
            // Pages of its program and of what it maps are as resident as before.
            Assert.InRange(agentAfter.ProgramKiB, agent.ProgramKiB, long.MaxValue);
            Assert.InRange(agent.ProgramKiB, 1 << 10, long.MaxValue);
        }
        finally
        {
            await site.AskAsync("systemctl stop unlocked; rm -f /mnt/other");
        }
    }

    /// <summary>Twenty deaths in the agent's unit, of a program that stands in for it,
    /// since the agent itself takes long to start in an emulated desktop.</summary>
    /// <remarks>The kernel's own record of the moment in which guests were frozen, so that looking costs no processor time.</remarks>
    [Fact]
    public async Task Twenty_deaths_leave_guests_running_for_a_moment_each()
    {
        await site.IsAsync(NodeState.Available, "before the deaths");
        await site.Desktop.WriteAsync("/tmp/deaths", Deaths);
        const string DropIn = "/run/systemd/system/opportunism-agent.service.d";
        await site.AskAsync(
            $"mkdir -p {DropIn}; printf '[Service]\\nType=simple\\nExecStartPre=\\nExecStart=\\nExecStart=/bin/sleep "
                + $"infinity\\nRestart=no\\nWatchdogSec=0\\n' >{DropIn}/deaths.conf; systemctl stop {Unit}; systemctl daemon-reload; "
            + "(perl /tmp/deaths 20 >/tmp/deaths.out 2>&1 &)");
        var seen = await site.UntilAsync(
            "twenty deaths",
            async () => await site.AskAsync("cat /tmp/deaths.out") is var text && text.Contains("done", StringComparison.Ordinal)
                ? text
                : null);
        await site.AskAsync($"rm -r {DropIn}; systemctl daemon-reload; systemctl reset-failed {Unit}; systemctl start --no-block {Unit}");
        double[][] gaps = [
            .. seen.Split('\n').Where(line => line.StartsWith("gap ", StringComparison.Ordinal))
                .Select(line => line.Split(' ')[1..].Select(number => double.Parse(number, CultureInfo.InvariantCulture)).ToArray())];
        Assert.True(gaps.Length == 20, seen);
        double[] waits = [.. gaps.Select(gap => gap[0]).Order()], used = [.. gaps.Select(gap => gap[1]).Order()];
        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"guests were frozen {waits[10]:0} ms (p50), {waits[^1]:0} ms (longest of 20) after the kill and used {used[10]:0.0} ms, "
                + $"at most {used[^1]:0.0} ms, of CPU"));
        // Of the desktop's only processor, which systemd and the program that freezes get first. SPECIFICATION.md has the promise.
        Assert.InRange(used[^1], 0, 1500);
        await site.IsAsync(NodeState.Available, "after the agent has been started again");
    }

    private async Task<Memory> SwappedAndHeldAsync(string pid)
    {
        var said = await site.AskAsync(
            $"p={pid}; awk '/^VmSwap|^RssAnon/ {{ print $2 }}' /proc/$p/status; awk '/^[0-9a-f]+-/ {{ inside = /Opportunism.Agent/ "
                + $"}} inside && /^Rss:/ {{ sum += $2 }} END {{ print sum + 0 }}' /proc/$p/smaps");
        long[] numbers = [.. said.Split('\n').Select(line => long.Parse(line, CultureInfo.InvariantCulture))];
        return new(OwnKiB: numbers[0], SwapKiB: numbers[1], ProgramKiB: numbers[2]);
    }

    private sealed record Memory(long OwnKiB, long SwapKiB, long ProgramKiB);
}
