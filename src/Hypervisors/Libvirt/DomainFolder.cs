using System.Globalization;
using System.Runtime.Versioning;
using System.Text;
using Opportunism.Hypervisors.Linux;

namespace Opportunism.Hypervisors.Libvirt;

/// <summary>The folder in which libvirt's QEMU driver keeps NAME.xml (status) and NAME.pid of every domain in memory.</summary>
[SupportedOSPlatform("linux")]
internal sealed class DomainFolder(string folder)
{
    public string Path => folder;

    /// <summary>Every domain that has a status file.</summary>
    /// <param name="onUnreadable">Called with an invalid file, and why it is.</param>
    public IReadOnlyList<DomainFile> Read(Action<string, string> onUnreadable)
    {
        var domains = new List<DomainFile>();
        if (!Directory.Exists(folder)) return domains;
        foreach (var path in Directory.EnumerateFiles(folder, "*.xml"))
        {
            try
            {
                using var text = File.OpenText(path);
                var domain = DomainFile.Parse(text);
                domains.Add(domain.Pid > 0 ? domain : domain with { Pid = PidBeside(path) });
            }
            catch (FileNotFoundException)
            {
                continue; // it has just ended
            }
            catch (Exception exception) when (
                exception is FormatException or OverflowException or IOException or UnauthorizedAccessException)
            {
                onUnreadable(path, exception.Message);
            }
        }

        return domains;
    }

    /// <summary>The process of a domain; null while there is none, or not yet QEMU.</summary>
    /// <remarks>A status file may outlive its process, and the number may belong to another process by now: only a command line with the
    /// domain's uuid counts.</remarks>
    public static LinuxProcess? FindProcess(DomainFile domain)
    {
        if (LinuxProcess.Find(domain.Pid) is not { } process) return null;
        if (IsOf(domain, process)) return process;
        process.Dispose();
        return null;
    }

    private static bool IsOf(DomainFile domain, LinuxProcess process)
    {
        try
        {
            var words = Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{process.Pid}/cmdline")).Split('\0');
            var at = Array.IndexOf(words, "-uuid");
            return at >= 0 && at + 1 < words.Length && words[at + 1] == domain.Uuid;
        }
        catch (IOException)
        {
            return false; // it has just gone
        }
    }

    // While QEMU is being started the status file does not have its process yet, this file does.
    private static int PidBeside(string statusPath)
    {
        var path = System.IO.Path.ChangeExtension(statusPath, ".pid");
        return File.Exists(path)
            && int.TryParse(File.ReadAllText(path).AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
            ? pid
            : 0;
    }
}
