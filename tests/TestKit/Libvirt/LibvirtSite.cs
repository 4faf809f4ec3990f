using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Opportunism.Core;
using Opportunism.Hypervisors.Libvirt;
using Opportunism.Hypervisors.Linux;
using Opportunism.TestKit.Guests;
using Opportunism.TestKit.Sites;

namespace Opportunism.TestKit.Libvirt;

/// <summary>A libvirt with tick guests as domains, and the objects that an agent needs for them. Everything is ended afterwards.</summary>
[SupportedOSPlatform("linux")]
public sealed class LibvirtSite : IAsyncDisposable
{
    private readonly string name = "opp-lv-" + Guid.NewGuid().ToString("N")[..6];
    private readonly string folder;
    private readonly List<GuestId> domains = [];
    private TickImage? image;

    public LibvirtSite()
    {
        folder = "/var/tmp/" + name;
        Directory.CreateDirectory(folder);
        Daemon = new LibvirtDaemon(folder, "/dev/shm/" + name);
        Settings = new LibvirtSettings
        {
            Uri = Daemon.Uri,
            RunFolder = Daemon.RunFolder,
            StateFolder = Path.Combine(folder, "state"),
            Cgroup = name + "/guests",
        };
    }

    public LibvirtDaemon Daemon { get; }

    public LibvirtSettings Settings { get; }

    /// <summary>Starts libvirt and makes the image.</summary>
    public async Task StartAsync()
    {
        image = await TickImage.MakeAsync(folder);
        await Daemon.StartAsync();
    }

    /// <summary>The guests of an agent that has just started.</summary>
    public LibvirtGuests Make() => new(Settings, TimeProvider.System, NullLogger<LibvirtGuests>.Instance);

    /// <summary>Defines and starts a domain, as nova-compute does.</summary>
    public async Task<GuestId> StartDomainAsync()
    {
        var id = GuestId.New();
        domains.Add(id);
        using (var img = Process.Start("qemu-img", ["create", "-q", "-f", "qcow2", "-b", image!.Path, "-F", "qcow2", DiskOf(id)])!)
            await img.WaitForExitAsync();
        await File.WriteAllTextAsync(Path.Combine(folder, id.Value + ".xml"), Xml(id));
        await MustAsync("define", Path.Combine(folder, id.Value + ".xml"));
        await MustAsync("start", UuidOf(id));
        return id;
    }

    /// <summary>Runs virsh, as an administrator or nova-compute would.</summary>
    public async Task<string> MustAsync(params string[] words) =>
        await Daemon.VirshAsync(words) ?? throw new InvalidOperationException($"virsh {string.Join(' ', words)} failed.");

    public static string UuidOf(GuestId id) => Guid.ParseExact(id.Value, "N").ToString("D");

    /// <summary>Ticks on a domain's console, checked for gaps.</summary>
    public TickConsole ConsoleOf(GuestId id) => new(() => File.Exists(ConsoleFile(id)) ? File.ReadAllBytes(ConsoleFile(id)) : [], id);

    /// <summary>The QEMU process of a domain.</summary>
    public int PidOf(GuestId id) =>
        int.Parse(File.ReadAllText(Path.Combine(Daemon.RunFolder, id.Value + ".pid")), CultureInfo.InvariantCulture);

    public async ValueTask DisposeAsync()
    {
        await Daemon.DisposeAsync();
        var pids = Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(pid => int.TryParse(pid, out _)).Where(IsOurs)
            .Select(pid => int.Parse(pid!, CultureInfo.InvariantCulture)).ToArray();
        foreach (var pid in pids)
        {
            using var process = LinuxProcess.Find(pid);
            process?.KillAndWait(TimeSpan.FromSeconds(10));
        }

        await RealRemains.RemoveAsync(name, "/dev/shm/" + name, []);
        Directory.Delete(folder, recursive: true);
    }

    private bool IsOurs(string? pid)
    {
        try
        {
            var words = Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{pid}/cmdline"));
            return words.Contains("qemu-system", StringComparison.Ordinal)
                && domains.Any(id => words.Contains(UuidOf(id), StringComparison.Ordinal));
        }
        catch (IOException)
        {
            return false; // it has just ended
        }
    }

    private string DiskOf(GuestId id) => Path.Combine(folder, id.Value + ".qcow2");

    private string ConsoleFile(GuestId id) => Path.Combine(folder, id.Value + ".console");

    private string Xml(GuestId id) => $"""
        <domain type='qemu'><name>{id.Value}</name><uuid>{UuidOf(id)}</uuid><memory unit='MiB'>128</memory><vcpu>1</vcpu>
        <os><type arch='x86_64' machine='pc'>hvm</type></os><features><acpi/></features>
        <devices>
        <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='{DiskOf(id)}'/><target dev='vda' bus='virtio'/></disk>
        <serial type='file'><source path='{ConsoleFile(id)}' append='on'/><target port='0'/></serial>
        </devices></domain>
        """;
}
