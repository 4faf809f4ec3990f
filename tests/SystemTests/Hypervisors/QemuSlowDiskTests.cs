using System.Diagnostics;
using System.Runtime.Versioning;
using Microsoft.Extensions.Logging.Abstractions;
using Opportunism.Agent.Guests;
using Opportunism.Core.Guests;
using Opportunism.Hypervisors;
using Opportunism.Hypervisors.Qemu;
using Opportunism.TestKit.Guests;
using Xunit;

namespace Opportunism.SystemTests.Hypervisors;

/// <summary>The disk does not take QEMU's device state for some seconds and then takes
/// everything again (a sleeping disk, a full write queue, a stalled controller).</summary>
/// <remarks>A library that is loaded before QEMU's own lets each write to .../held/state wait while a file "stall" is there.</remarks>
[SupportedOSPlatform("linux")]
[Trait("Suite", "Long")]
public sealed class QemuSlowDiskTests : IAsyncLifetime
{
    private const string Source =
        """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <stdio.h>
        #include <string.h>
        #include <stdlib.h>
        #include <unistd.h>
        #include <sys/uio.h>
        static void wait_for_disk(int fd) {
            char link[64], path[512]; ssize_t n;
            snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
            n = readlink(link, path, sizeof path - 1);
            if (n <= 0) return;
            path[n] = 0;
            if (!strstr(path, "/held/state")) return;
            while (access("STALL", F_OK) == 0) usleep(20000);
        }
        ssize_t write(int fd, const void *b, size_t c) { static ssize_t (*real)(int, const void *, size_t); if (!real) real = dlsym(RTLD_NEXT, "write"); wait_for_disk(fd); return real(fd, b, c); }
        ssize_t writev(int fd, const struct iovec *v, int c) { static ssize_t (*real)(int, const struct iovec *, int); if (!real) real = dlsym(RTLD_NEXT, "writev"); wait_for_disk(fd); return real(fd, v, c); }
        """;

    private readonly QemuSite site = new();
    private readonly GuestSpecMaker specs = new();
    private string folder = null!;
    private QemuHypervisor hypervisor = null!;
    private GuestSpec spec = null!;
    private int last;

    public ValueTask InitializeAsync() => QemuSite.PrepareAsync(this, PrepareAsync);

    private async Task PrepareAsync()
    {
        folder = Path.GetDirectoryName(site.Settings.RamFolder)!;
        await File.WriteAllTextAsync(
            Path.Combine(folder, "stall.c"), Source.Replace("STALL", Path.Combine(folder, "stall"), StringComparison.Ordinal));
        using (var compiler =
            Process.Start("clang", ["-shared", "-fPIC", "-o", Path.Combine(folder, "stall.so"), Path.Combine(folder, "stall.c"), "-ldl"]))
            await compiler.WaitForExitAsync();
        var wrapper = Path.Combine(folder, "qemu");
        await File.WriteAllTextAsync(wrapper, $"#!/bin/sh\nLD_PRELOAD={folder}/stall.so exec /usr/bin/qemu-system-x86_64 \"$@\"\n");
        File.SetUnixFileMode(wrapper, (UnixFileMode)0b111_101_101);
        File.SetUnixFileMode(Path.Combine(folder, "stall.so"), (UnixFileMode)0b111_101_101);
        hypervisor = Make();
        await hypervisor.RecoverAsync(CancellationToken.None);
        await hypervisor.ProbeAsync(CancellationToken.None);
        var image = await site.MakeImageAsync(disk: true);
        spec = specs.Make(image);
        AssertDone(await hypervisor.StartAsync(spec, image.Path, CancellationToken.None));
        await TickBeyondAsync(2);
        hypervisor.Freezer.FreezeAll();
        AssertDone(await hypervisor.HoldAllAsync(CancellationToken.None));
        last = new TickConsole(hypervisor, spec.Id).Newest;
    }

    public async ValueTask DisposeAsync()
    {
        Stall(false);
        if (hypervisor is not null) await hypervisor.DisposeAsync();
        await site.CleanUpAsync();
    }

    /// <summary>The copy beside the owner meets the stall, 10 s after the freeze; the eviction comes long after it.</summary>
    [Theory]
    [InlineData(7)]
    [InlineData(13)]
    public async Task A_disk_that_stalled_once_costs_the_guest_nothing(int seconds)
    {
        Stall(true);
        var checkpoint = hypervisor.CheckpointAsync(spec.Id, 100_000_000, CancellationToken.None);
        await Task.Delay(TimeSpan.FromSeconds(seconds), TimeProvider.System);
        Stall(false);
        var answer = await checkpoint;
        TestContext.Current.SendDiagnosticMessage($"checkpoint beside the owner: {answer.Outcome} '{answer.Sentence}'");
        await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System);

        // The owner stays. What the keeper does then.
        var work = new GuestWork(spec.Id, GuestStep.Evict, null, new CancellationTokenSource(), () => { });
        var evicted = await new GuestActions(hypervisor, null!, null!, new GuestOptions())
            .DoAsync(GuestStep.Evict, spec, null, work, CancellationToken.None);
        var status = Assert.Single(hypervisor.Guests);
        Assert.True(
            status.Phase == GuestPhase.Suspended,
            $"stall of {seconds} s: checkpoint {answer.Outcome} '{answer.Sentence}', eviction {evicted.Outcome} '{evicted.Sentence}', "
            + $"guest {status.Phase} '{status.Sentence}'");
        AssertDone(await hypervisor.ResumeAsync(spec.Id, CancellationToken.None));
        await TickBeyondAsync(last + 1);
    }

    /// <summary>A stall, a second attempt while it lasts, an agent that is restarted: is what is in the file the device state?</summary>
    [Fact]
    public async Task Device_state_that_was_cut_is_never_taken_for_whole()
    {
        Stall(true);
        var first = await hypervisor.CheckpointAsync(spec.Id, 100_000_000, CancellationToken.None);
        var second = await hypervisor.CheckpointAsync(spec.Id, 100_000_000, CancellationToken.None);
        Stall(false);
        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System);
        await hypervisor.DisposeAsync();
        hypervisor = Make();
        await hypervisor.RecoverAsync(CancellationToken.None);
        await hypervisor.ProbeAsync(CancellationToken.None);
        var found = Assert.Single(hypervisor.Guests);
        var suspended = await hypervisor.SuspendAsync(spec.Id, CancellationToken.None);
        var story = $"first {first.Outcome} '{first.Sentence}'; second {second.Outcome} '{second.Sentence}'; found {found.Phase} "
            + $"'{found.Sentence}'; suspend {suspended.Outcome} '{suspended.Sentence}'";
        if (!suspended.IsDone)
        {
            // It cannot be saved in this visit, but it must run again.
            var released = await hypervisor.ReleaseAsync(spec.Id, CancellationToken.None);
            Assert.True(released.IsDone, $"{story}; release {released.Outcome} '{released.Sentence}'");
            await TickBeyondAsync(last + 1);
            return;
        }

        var resumed = await hypervisor.ResumeAsync(spec.Id, CancellationToken.None);
        Assert.True(resumed.IsDone, $"{story}; resume {resumed.Outcome} '{resumed.Sentence}'");
        await TickBeyondAsync(last + 1);
    }

    /// <summary>The agent is restarted while the disk stalls; the owner leaves while it still does, or when it no longer does.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_guest_whose_agent_was_restarted_during_the_stall_runs_again(bool stallsAtRelease)
    {
        Stall(true);
        var story = $"checkpoint '{(await hypervisor.CheckpointAsync(spec.Id, 100_000_000, CancellationToken.None)).Sentence}'";
        Assert.DoesNotContain(hypervisor.Health, item => item.Sentence.EndsWith(": .", StringComparison.Ordinal));
        await hypervisor.DisposeAsync();
        hypervisor = Make();
        await hypervisor.RecoverAsync(CancellationToken.None);
        await hypervisor.ProbeAsync(CancellationToken.None);
        Stall(stallsAtRelease);
        hypervisor.Freezer.ThawAll();
        // What the keeper does: one that is held is released, with a pause between two attempts; one that runs is left alone.
        for (var tries = 0; tries < 10 && hypervisor.Guests[0].Phase == GuestPhase.Held; tries++)
        {
            story += $"; release '{(await hypervisor.ReleaseAsync(spec.Id, CancellationToken.None)).Sentence}': "
                + $"{hypervisor.Guests[0].Phase}";
            Stall(false);
            await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System);
        }

        Assert.True(hypervisor.Guests[0].Phase == GuestPhase.Running, story);
        await TickBeyondAsync(last + 1);
    }

    private QemuHypervisor Make() =>
        new QemuHypervisor(
            site.Settings with { Binary = Path.Combine(folder, "qemu") }, TimeProvider.System, NullLogger<QemuHypervisor>.Instance);

    private void Stall(bool stalls)
    {
        if (stalls) File.WriteAllText(Path.Combine(folder, "stall"), "");
        else File.Delete(Path.Combine(folder, "stall"));
    }

    private static void AssertDone(GuestAnswer answer) => Assert.True(answer.IsDone, answer.Sentence);

    private Task TickBeyondAsync(int tick) => new TickConsole(hypervisor, spec.Id).BeyondAsync(tick, looks: 1200);
}
