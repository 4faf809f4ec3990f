using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Opportunism.Core;
using Opportunism.Core.Guests;
using Opportunism.Hypervisors.Linux;
using Opportunism.Hypervisors.Qemu;

namespace Opportunism.Benchmarks;

/// <summary>Real QEMU guests for a benchmark, in folders and cgroups of their own; removed at the end.</summary>
[SupportedOSPlatform("linux")]
internal sealed class BusyGuests : IAsyncDisposable
{
    // Nobody's user id on Debian: see adduser.conf.
    private const int GuestUser = 61112;

    // As much as the largest set of guests that is measured; memory is taken only as they use it.
    private const long RamBytes = 12L << 30;

    private readonly string folder;
    private readonly TimeProvider time;

    private BusyGuests(string name, string folder, TimeProvider time)
    {
        (this.folder, this.time) = (folder, time);
        Settings = new QemuSettings
        {
            StateFolder = Path.Combine(folder, "state"),
            RamFolder = Path.Combine(folder, "memory"),
            Cgroup = name + "/guests",
            RunAs = GuestUser.ToString(CultureInfo.InvariantCulture),
        };
        if (GuestMemoryMount.Ensure(Settings.RamFolder, RamBytes) is { } problem) throw new InvalidOperationException(problem);
        Hypervisor = new QemuHypervisor(Settings, time, NullLogger<QemuHypervisor>.Instance);
    }

    public QemuSettings Settings { get; }

    public QemuHypervisor Hypervisor { get; }

    /// <summary>Makes the place for guests; none runs yet.</summary>
    public static async Task<BusyGuests> MakeAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        var name = $"opportunism-bench-{Environment.ProcessId}";
        var folder = Path.Combine("/var/tmp", name);
        Directory.CreateDirectory(folder, (UnixFileMode)0b111_001_001);
        var guests = new BusyGuests(name, folder, time);
        await guests.Hypervisor.RecoverAsync(cancellationToken);
        await guests.Hypervisor.ProbeAsync(cancellationToken);
        return guests;
    }

    /// <summary>Boots a guest and waits until it has counted to three.</summary>
    public async Task<GuestId> StartAsync(
        int vcpus, int memoryMiB, int busy, int dirtyMiB, CancellationToken cancellationToken, string everySeconds = "1", bool disk = false,
        int changeMiB = 0, bool network = false)
    {
        var image = await ImageAsync(new TickGuest(busy, dirtyMiB, changeMiB, everySeconds, disk, network), cancellationToken);
        var spec = new GuestSpec(GuestId.New(), "bench", vcpus, memoryMiB, 64, image.Sha256, ImageFormat.Qcow2);
        var answer = await Hypervisor.StartAsync(spec, image.Path, cancellationToken);
        if (!answer.IsDone) throw new InvalidOperationException(answer.Sentence);
        var booted = dirtyMiB > 0 ? "dirtied " : "tick 3";
        while (network && !Console(spec.Id).Contains("network reached", StringComparison.Ordinal))
            await Task.Delay(TimeSpan.FromMilliseconds(100), time, cancellationToken);
        while (!Console(spec.Id).Contains(booted, StringComparison.Ordinal))
            await Task.Delay(TimeSpan.FromMilliseconds(100), time, cancellationToken);
        return spec.Id;
    }

    /// <summary>The guest's console so far.</summary>
    public string Console(GuestId guest) => Encoding.ASCII.GetString(Hypervisor.ReadConsole(guest, 0, int.MaxValue).Bytes.Span);

    /// <summary>The newest tick; -1 before the first.</summary>
    public int Tick(GuestId guest)
    {
        var text = Console(guest);
        var whole = text[..(text.LastIndexOf('\n') + 1)];
        var at = whole.LastIndexOf("tick ", StringComparison.Ordinal);
        return at < 0 ? -1 : int.Parse(whole.AsSpan(at + 5, whole.IndexOf('\n', at) - at - 5).Trim(), CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        Hypervisor.Freezer.ThawAll();
        foreach (var guest in Hypervisor.Guests) await Hypervisor.DeleteAsync(guest.Id, CancellationToken.None);
        await Hypervisor.DisposeAsync();
        making.Dispose();
        GuestMemoryMount.Remove(Settings.RamFolder);
        Directory.Delete(folder, recursive: true);
        foreach (var root in File.ReadLines("/proc/self/mountinfo").Where(line => line.Contains(" - cgroup", StringComparison.Ordinal))
            .Select(line => line.Split(' ')[4]))
        {
            var ours = Path.Combine(root, Path.GetDirectoryName(Settings.Cgroup)!);
            if (!Directory.Exists(ours)) continue;
            foreach (var path in Directory.EnumerateDirectories(ours, "*", SearchOption.AllDirectories).Append(ours)
                .OrderByDescending(path => path.Length).ToArray())
                Directory.Delete(path);
        }
    }

    private readonly SemaphoreSlim making = new(1);

    private async Task<(string Path, string Sha256)> ImageAsync(TickGuest kind, CancellationToken cancellationToken)
    {
        await making.WaitAsync(cancellationToken);
        try
        {
            return await MakeImageAsync(kind, cancellationToken);
        }
        finally
        {
            making.Release();
        }
    }

    private async Task<(string Path, string Sha256)> MakeImageAsync(TickGuest kind, CancellationToken cancellationToken)
    {
        var path =
            Path.Combine(folder, $"tick-{kind.Busy}-{kind.DirtyMiB}-{kind.ChangeMiB}-{kind.EverySeconds}-{kind.Disk}-{kind.Network}.qcow2");
        if (!File.Exists(path))
        {
            var maker =
                Path.Combine(Environment.GetEnvironmentVariable("OPPORTUNISM_HOME") ?? ".", "packaging", "linux", "make-tick-image");
            string[] arguments = [
                path, "--busy", $"{kind.Busy}", "--dirty", $"{kind.DirtyMiB}", "--change", $"{kind.ChangeMiB}", "--every",
                kind.EverySeconds, "--cache", "/var/cache/opportunism", .. kind.Disk ? new[] { "--disk" } : [],
                .. kind.Network ? new[] { "--network" } : []];
            using var process = Process.Start(new ProcessStartInfo(maker, arguments))
                ?? throw new IOException($"{maker} could not be started.");
            await process.WaitForExitAsync(cancellationToken);
            if (process.ExitCode != 0) throw new IOException($"{maker} ended with {process.ExitCode}.");
            File.SetUnixFileMode(path, (UnixFileMode)0b110_100_100);
        }

        await using var file = File.OpenRead(path);
        return (path, Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken)));
    }

    private sealed record TickGuest(int Busy, int DirtyMiB, int ChangeMiB, string EverySeconds, bool Disk, bool Network);
}
