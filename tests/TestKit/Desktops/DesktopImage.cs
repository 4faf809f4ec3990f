using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Opportunism.TestKit.Desktops;

/// <summary>The kernel and the initramfs of the desktop in a VM; made once for each state of its sources.</summary>
public static class DesktopImage
{
    // Downloading a kernel and compiling the probe on a busy machine.
    private static readonly TimeSpan MadeWithin = TimeSpan.FromMinutes(10);

    /// <summary>A folder with <c>vmlinuz</c> and <c>initrd</c>, which contains the monitors' probe.</summary>
    public static async Task<string> WithProbeAsync()
    {
        var root = RepositoryRoot();
        string[] folders = ["src/Agent/Monitors", "src/Core", "tests/MonitorProbe"];
        var folder = Folder(
            root,
            [
                Path.Combine(root, "tests/TestKit/Conformance/LocalMonitorRun.cs"),
                .. folders.SelectMany(folder => Directory.EnumerateFiles(Path.Combine(root, folder), "*.cs", SearchOption.AllDirectories))
                .Order(StringComparer.Ordinal)]);
        if (File.Exists(Path.Combine(folder, "initrd"))) return folder;

        var published = Path.Combine(root, "artifacts", "desktop", "probe");
        await PublishAsync(Path.Combine(root, "tests", "MonitorProbe", "MonitorProbe.csproj"), published);
        await RunAsync(Script(root), folder, "probe", Path.Combine(published, "Opportunism.MonitorProbe"));
        return folder;
    }

    /// <summary>A folder with <c>vmlinuz</c> and <c>initrd</c>, which contains the published agent and QEMU.</summary>
    /// <remarks>The agent is the one in <c>artifacts/site</c>, which <c>./opportunism test</c> updates; where there is none it is
    /// built.</remarks>
    public static Task<string> WithAgentAsync() => WithAgentAsync("agent", []);

    /// <summary>The same on a small but complete Debian with systemd; the agent is installed with its unit file and not yet
    /// started.</summary>
    public static Task<string> WithSystemdAsync() =>
        WithAgentAsync("systemd", ["packaging/linux/opportunism-agent.service", "packaging/linux/opportunism.slice"]);

    private static async Task<string> WithAgentAsync(string kind, IEnumerable<string> sources)
    {
        var root = RepositoryRoot();
        var published = Path.Combine(root, "artifacts", "site", "agent");
        var agent = Path.Combine(published, "Opportunism.Agent");
        if (!File.Exists(agent)) await PublishAsync(Path.Combine(root, "src", "Agent", "Agent.csproj"), published);
        var folder = Folder(root, [agent, .. sources.Select(source => Path.Combine(root, source))]) + "-" + kind;
        if (!File.Exists(Path.Combine(folder, "initrd"))) await RunAsync(Script(root), folder, kind, agent);
        return folder;
    }

    private static string Script(string root) => Path.Combine(root, "tests", "TestKit", "Desktops", "make-desktop-image");

    private static string RepositoryRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Opportunism.slnx"))) return folder.FullName;
        }

        throw new InvalidOperationException($"{AppContext.BaseDirectory} is not inside the repository.");
    }

    private static string Folder(string root, IEnumerable<string> sources)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in sources.Prepend(Script(root)).Prepend(Path.Combine(root, "packaging", "linux", "unpack-kernel")))
            hash.AppendData(File.ReadAllBytes(file));
        return Path.Combine(root, "artifacts", "desktop", Convert.ToHexStringLower(hash.GetHashAndReset())[..16]);
    }

    private static Task PublishAsync(string project, string folder) =>
        RunAsync(
            "dotnet", "publish", project, "-c", "Release", "-r",
            $"linux-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}", "-o", folder, "-v", "q", "--nologo");

    private static async Task RunAsync(string program, params string[] arguments)
    {
        var said = new StringBuilder();
        using var process = new Process
        {
            StartInfo = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true },
        };
        void Hear(object sender, DataReceivedEventArgs line)
        {
            lock (said) said.AppendLine(line.Data);
        }

        process.OutputDataReceived += Hear;
        process.ErrorDataReceived += Hear;
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var limit = new CancellationTokenSource(MadeWithin, TimeProvider.System);
        await process.WaitForExitAsync(limit.Token);
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}:\n{said}");
    }
}
