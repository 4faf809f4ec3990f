using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.Versioning;
using Opportunism.Hypervisors.Linux;

namespace Opportunism.TestKit.Libvirt;

/// <summary>A libvirtd of its own with folders of its own, as a desktop's nova-compute
/// would use it. Its domains outlive it, as they do everywhere.</summary>
[SupportedOSPlatform("linux")]
public sealed class LibvirtDaemon : IAsyncDisposable
{
    // It listens after half a second; a hundred times that is a machine that swaps.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(50);

    // Own folders over those that are built into it; no namespace and no
    // cgroup of its own around guests, which this machine has no systemd for.
    private const string Start = """
        mount --bind "$2" /run/libvirt || exit 1
        for place in etc:/etc/libvirt lib:/var/lib/libvirt cache:/var/cache/libvirt log:/var/log/libvirt; do
            mount --bind "$1/${place%%:*}" "${place#*:}" || exit 1
        done
        # It does not start without the user and the group that it would run guests as, whatever its settings say. On Ubuntu the
        # package that makes them also brings services and networks, so here they exist for this daemon alone.
        if ! grep -q ^libvirt-qemu: /etc/passwd; then
            { cat /etc/passwd; echo libvirt-qemu:x:64055:64055::/nonexistent:/usr/sbin/nologin; } >"$1/passwd"
            { cat /etc/group; echo libvirt-qemu:x:64055:; grep -q ^kvm: /etc/group || echo kvm:x:64056:; } >"$1/group"
            for file in passwd group; do mount --bind "$1/$file" /etc/$file || exit 1; done
        fi
        exec libvirtd --pid-file /run/libvirt/libvirtd.pid
        """;

    private readonly string folder, run;
    private readonly ConcurrentQueue<string> said = new();
    private Process? process;

    /// <param name="folder">An existing folder for what stays.</param>
    /// <param name="run">A folder for its status files and sockets, with a short path; on
    /// tmpfs, as /run is everywhere: it waits for the disk at each change of a domain.</param>
    public LibvirtDaemon(string folder, string run)
    {
        (this.folder, this.run) = (folder, run);
        Directory.CreateDirectory(run);
        foreach (var part in new[] { "etc", "lib", "cache", "log" }) Directory.CreateDirectory(Path.Combine(folder, part));
        foreach (var place in new[] { "/run/libvirt", "/etc/libvirt", "/var/lib/libvirt", "/var/cache/libvirt", "/var/log/libvirt" })
            Directory.CreateDirectory(place);
        File.WriteAllText(
            Path.Combine(folder, "etc/qemu.conf"),
            "stdio_handler = \"file\"\nnamespaces = []\ncgroup_controllers = []\nuser = \"root\"\ngroup = \"root\"\nsecurity_driver = "
            + "\"none\"\n");
        File.WriteAllText(Path.Combine(folder, "etc/libvirtd.conf"), "auth_unix_rw = \"none\"\nunix_sock_rw_perms = \"0700\"\n");
    }

    public string Uri => $"qemu+unix:///system?socket={run}/libvirt-sock";

    /// <summary>Where its QEMU driver keeps the status of domains.</summary>
    public string RunFolder => Path.Combine(run, "qemu");

    /// <summary>Starts it and waits until it answers.</summary>
    public async Task StartAsync()
    {
        var start = new ProcessStartInfo("unshare", ["-m", "--propagation", "private", "sh", "-c", Start, "sh", folder, run])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        };
        process = Process.Start(start)!;
        process.ErrorDataReceived += Keep;
        process.OutputDataReceived += Keep;
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        for (var began = TimeProvider.System.GetTimestamp(); await VirshAsync("version") is null;)
        {
            if (process.HasExited || TimeProvider.System.GetElapsedTime(began) > Patience)
                throw new InvalidOperationException(
                    $"libvirtd does not answer at {Uri} (exited: {process.HasExited}); it said:\n{string.Join('\n', said)}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }

    /// <summary>SIGKILL, as by a crash; domains go on.</summary>
    public async Task KillAsync()
    {
        if (process is null) return;
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
        process = null;
    }

    /// <summary>It hangs, or goes on.</summary>
    public void Hang(bool hangs) => Libc.Kill(process!.Id, hangs ? Libc.SigStop : Libc.SigCont);

    /// <summary>What virsh says; null when it fails.</summary>
    public async Task<string?> VirshAsync(params string[] words)
    {
        var start = new ProcessStartInfo("virsh", ["-q", "-c", Uri, .. words])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        using var virsh = Process.Start(start)!;
        var complaints = virsh.StandardError.ReadToEndAsync();
        var answer = await virsh.StandardOutput.ReadToEndAsync();
        await virsh.WaitForExitAsync();
        await complaints;
        return virsh.ExitCode == 0 ? answer.Trim() : null;
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        // What it started for itself, such as dnsmasq, is nothing of ours here: networks are not used.
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is null) return;
        said.Enqueue(line.Data);
        // Enough to see why it ended.
        while (said.Count > 20) said.TryDequeue(out _);
    }
}
