using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Opportunism.TestKit.Desktops;

/// <summary>The kernel and the initramfs of the desktop in a VM, with the monitors' probe inside; made once for each state of its sources.</summary>
public static class DesktopImage
{
    // Downloading a kernel and compiling the probe on a busy machine.
    private static readonly TimeSpan MadeWithin = TimeSpan.FromMinutes(10);

    /// <summary>A folder with <c>vmlinuz</c> and <c>initrd</c>.</summary>
    public static async Task<string> GetAsync()
    {
        var root = RepositoryRoot();
        var script = Path.Combine(root, "tests", "TestKit", "Desktops", "make-desktop-image");
        var folder = Path.Combine(root, "artifacts", "desktop", Key(root, script));
        if (File.Exists(Path.Combine(folder, "initrd"))) return folder;

        var published = Path.Combine(root, "artifacts", "desktop", "probe");
        var runtime = $"linux-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";
        await RunAsync("dotnet", "publish", Path.Combine(root, "tests", "MonitorProbe", "MonitorProbe.csproj"), "-c", "Release", "-r", runtime, "-o", published, "-v", "q", "--nologo");
        await RunAsync(script, folder, Path.Combine(published, "Opportunism.MonitorProbe"));
        return folder;
    }

    private static string RepositoryRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Opportunism.slnx"))) return folder.FullName;
        }

        throw new InvalidOperationException($"{AppContext.BaseDirectory} is not inside the repository.");
    }

    private static string Key(string root, string script)
    {
        string[] folders = ["src/Agent/Monitors", "src/Core", "tests/MonitorProbe"];
        string[] files = [script, Path.Combine(root, "tests/TestKit/Conformance/LocalMonitorRun.cs"), .. folders.SelectMany(folder => Directory.EnumerateFiles(Path.Combine(root, folder), "*.cs", SearchOption.AllDirectories)).Order(StringComparer.Ordinal)];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in files) hash.AppendData(File.ReadAllBytes(file));
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        var said = new StringBuilder();
        using var process = new Process { StartInfo = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true } };
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
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}:\n{said}");
    }
}
