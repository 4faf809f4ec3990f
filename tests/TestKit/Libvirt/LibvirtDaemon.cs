using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.Versioning;
using Opportunism.Hypervisors.Linux;

namespace Opportunism.TestKit.Libvirt;

/// <summary>A separate libvirtd with its own folders, used as by a desktop's nova-compute. Its domains outlive it, as with every
/// libvirtd.</summary>
[SupportedOSPlatform("linux")]
public sealed class LibvirtDaemon : IAsyncDisposable
{
    // It listens after half a second; a hundred times that allows for a machine that swaps.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(50);

    // Its own folders mounted over the built-in ones; no namespace and no cgroup of its own for guests, for which this machine has no
    // systemd.
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

    /// <param name="folder">An existing folder for persistent files.</param>
    /// <param name="run">A folder for its status files and sockets, with a short path; on tmpfs, as /run is everywhere, since libvirtd
    /// waits for this file system at each change of a domain.</param>
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

    /// <summary>The folder in which its QEMU driver keeps the status of domains.</summary>
    public string RunFolder => Path.Combine(run, "qemu");

    /// <summary>Starts it and waits until it replies.</summary>
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

    /// <summary>SIGKILL, as in a crash; domains keep running.</summary>
    public async Task KillAsync()
    {
        if (process is null) return;
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
        process = null;
    }

    /// <summary>Sends SIGSTOP, so that it hangs, or SIGCONT.</summary>
    public void Hang(bool hangs) => Libc.Kill(process!.Id, hangs ? Libc.SigStop : Libc.SigCont);

    /// <summary>The output of virsh; null when it fails.</summary>
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
        // Its own helpers, such as dnsmasq, are ignored: networks are not used.
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is null) return;
        said.Enqueue(line.Data);
        // Enough to find why it ended.
        while (said.Count > 20) said.TryDequeue(out _);
    }
}
