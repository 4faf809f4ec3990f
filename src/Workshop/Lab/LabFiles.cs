using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;

namespace Opportunism.Workshop.Lab;

/// <summary>Writes the folders and settings of every program of a lab; unchanged files are not written.</summary>
[SupportedOSPlatform("linux")]
internal sealed class LabFiles(LabPlace place, LabShape shape, LabSecrets secrets)
{
    private readonly LabTemplates templates = new(place, shape, secrets);

    public void Write()
    {
        LabUser mysql = LabUser.Find("mysql"), rabbitmq = LabUser.Find("rabbitmq"), keystone = LabUser.Find("keystone"),
        placement = LabUser.Find("placement"),
            glance = LabUser.Find("glance"), nova = LabUser.Find("nova"), neutron = LabUser.Find("neutron");

        // Users of the lab pass through it to their own files; all others are 0600 or 0700.
        Directory.CreateDirectory(place.State);
        File.SetUnixFileMode(
            place.State,
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute
                | UnixFileMode.OtherExecute);
        foreach (var (name, owner) in new[] { ("mariadb", mysql), ("rabbitmq", rabbitmq), ("keystone", keystone), ("glance", glance),
            ("nova", nova), ("neutron", neutron) })
            PrivateFile.Folder(Path.Combine(place.State, name), owner);
        // Services of other users reach the database's socket through its folder.
        File.SetUnixFileMode(
            Path.Combine(place.State, "mariadb"),
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute
                | UnixFileMode.OtherExecute);
        foreach (var folder in new[] { "images", "staging", "locks" }) PrivateFile.Folder($"{place.State}/glance/{folder}", glance);
        PrivateFile.Folder($"{place.State}/nova/locks", nova);
        PrivateFile.Folder($"{place.State}/neutron/locks", neutron);
        PrivateFile.Folder(place.Logs, LabUser.Root);

        Put("mariadb.sql", "mariadb/init.sql", mysql);
        Put("rabbitmq.conf", "rabbitmq/rabbitmq.conf", rabbitmq);
        Put("rabbitmq-definitions.json", "rabbitmq/definitions.json", rabbitmq);
        PrivateFile.Write($"{place.State}/rabbitmq/enabled_plugins", "[].\n", rabbitmq);
        Put("keystone.conf", "keystone/keystone.conf", keystone);
        Put("placement.conf", "placement/placement.conf", placement);
        Put("glance-api.conf", "glance/glance-api.conf", glance);
        Put("nova.conf", "nova/nova.conf", nova);
        Put("nova-policy.yaml", "nova/policy.yaml", nova);
        Put("neutron.conf", "neutron/neutron.conf", neutron);
        Put("neutron-policy.yaml", "neutron/policy.yaml", neutron);
        Put("ml2_conf.ini", "neutron/ml2_conf.ini", neutron);
        foreach (var host in shape.Hosts) WriteHost(host);
    }

    /// <summary>Writes the network's bridge into the settings of the agents of all hosts; the network must exist in Neutron
    /// first.</summary>
    public void WriteAgents(string bridge)
    {
        foreach (var host in shape.Hosts)
            Put("linuxbridge_agent.ini", $"hosts/{host.Name}/linuxbridge_agent.ini", LabUser.Root, ("host", host.Name), ("bridge", bridge));
    }

    private void WriteHost(LabHost host)
    {
        var folder = place.HostFolder(host.Name);
        foreach (var part in new[] { "nova/instances", "nova/locks", "neutron/locks", "etc/libvirt", "run/libvirt", "var/lib/libvirt",
            "var/cache/libvirt", "var/log/libvirt" })
            Directory.CreateDirectory(Path.Combine(folder, part));
        PrivateFile.Folder(folder, LabUser.Root);
        PrivateFile.Write($"{folder}/etc/hosts", $"127.0.0.1 localhost {host.Name}\n", LabUser.Root);
        File.SetUnixFileMode(
            $"{folder}/etc/hosts", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        Put(
            host.Kind == LabHostKind.Libvirt ? "nova-compute-libvirt.conf" : "nova-compute-fake.conf",
            $"hosts/{host.Name}/nova-compute.conf", LabUser.Root, ("host", host.Name));
        templates.Write("qemu.conf", $"{folder}/etc/libvirt/qemu.conf", LabUser.Root);
        // libvirt treats hosts with the same id as one host and refuses to migrate between them.
        var id = new Guid(SHA256.HashData(Encoding.UTF8.GetBytes(place.State + " " + host.Name)).AsSpan(0, 16));
        templates.Write("libvirtd.conf", $"{folder}/etc/libvirt/libvirtd.conf", LabUser.Root, ("host-uuid", id.ToString()));
    }

    private void Put(string template, string path, LabUser owner, params (string Name, string Value)[] more) =>
        templates.Write(template, Path.Combine(place.Etc, path), owner, more);
}
