using System.Text.RegularExpressions;
using Opportunism.Core;

namespace Opportunism.Workshop.Lab;

/// <summary>The hypervisor of one of the lab's compute hosts.</summary>
internal enum LabHostKind
{
    /// <summary>Nova's fake driver: servers that are only rows in tables.</summary>
    Fake,

    /// <summary>A libvirt of the host's own and real QEMU guests.</summary>
    Libvirt,
}

/// <summary>One of the lab's compute hosts.</summary>
internal sealed partial record LabHost(string Name, LabHostKind Kind)
{
    /// <summary>Reads <c>desktop-01=libvirt,desktop-02=fake</c>; a name alone is a libvirt host.</summary>
    public static bool TryParse(string text, out IReadOnlyList<LabHost> hosts, out string problem)
    {
        var found = new List<LabHost>();
        hosts = found;
        foreach (var word in CommaList.Read(text))
        {
            var (name, kindWord) = word.Split('=', 2) is [var before, var after] ? (before, after) : (word, "libvirt");
            LabHostKind? kind = kindWord switch { "libvirt" => LabHostKind.Libvirt, "fake" => LabHostKind.Fake, _ => null };
            problem = !HostName()
                .IsMatch(name) ? $"'{name}' is no name for a compute host: letters a to z, digits and dashes, at most 40, and a letter "
                + "first."
                : kind is null ? $"Host {name} is given as '{kindWord}'; a compute host is 'libvirt' or 'fake'."
                : found.Exists(host => host.Name == name) ? $"Host {name} is named twice."
                : "";
            if (problem.Length > 0) return false;
            found.Add(new(name, kind!.Value));
        }

        problem = found.Count == 0 ? "Name at least one compute host, such as desktop-01=libvirt." : "";
        return found.Count > 0;
    }

    [GeneratedRegex("^[a-z]([a-z0-9-]{0,38}[a-z0-9])?\\z")]
    private static partial Regex HostName();
}
