using System.Globalization;

namespace Opportunism.Workshop.Lab;

/// <summary>Every program of a lab, in the order in which they start. Pure.</summary>
internal sealed class LabPrograms(LabPlace place, LabShape shape)
{
    private const string Uwsgi = "/usr/bin/uwsgi_python3";

    // Debian's own rabbitmq-server wrapper changes users and logs elsewhere; this is the program that it runs.
    private const string RabbitMqServer = "/usr/lib/rabbitmq/bin/rabbitmq-server";

    private static readonly LabUser Root = LabUser.Root;

    public LabProgram MariaDb { get; } = new("mariadb", LabUser.Find("mysql"),
    [
        "/usr/sbin/mariadbd", "--no-defaults", $"--datadir={place.State}/mariadb/data", $"--socket={place.DatabaseSocket}",
        $"--pid-file={place.State}/mariadb/pid",
        "--skip-networking", $"--init-file={place.Etc}/mariadb/init.sql", "--character-set-server=utf8mb3", "--max-connections=500",
        "--innodb-buffer-pool-size=128M",
        // No row here needs an fsync: what is lost in a crash of the machine is created again.
        "--innodb-flush-log-at-trx-commit=0",
    ])
    {
        Settings = [$"{place.Etc}/mariadb/init.sql"],
        EndTimeLimit = TimeSpan.FromSeconds(60),
    };

    public LabProgram RabbitMq { get; } = new("rabbitmq", LabUser.Find("rabbitmq"), [RabbitMqServer])
    {
        Environment = new Dictionary<string, string>
        {
            ["HOME"] = $"{place.State}/rabbitmq",
            ["RABBITMQ_NODENAME"] = $"{place.Id}@localhost",
            ["RABBITMQ_CONFIG_FILE"] = $"{place.Etc}/rabbitmq/rabbitmq.conf",
            ["RABBITMQ_CONF_ENV_FILE"] = "/dev/null",
            ["RABBITMQ_ENABLED_PLUGINS_FILE"] = $"{place.State}/rabbitmq/enabled_plugins",
            ["RABBITMQ_MNESIA_BASE"] = $"{place.State}/rabbitmq/mnesia",
            ["RABBITMQ_LOGS"] = "-",
            ["RABBITMQ_DIST_PORT"] = Word(shape.RabbitMqDistribution),
            ["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = "-kernel inet_dist_use_interface {127,0,0,1}",
            ["ERL_EPMD_ADDRESS"] = "127.0.0.1",
            ["ERL_EPMD_PORT"] = Word(shape.PortMapper),
        },
        Settings = [$"{place.Etc}/rabbitmq/rabbitmq.conf", $"{place.Etc}/rabbitmq/definitions.json"],
        EndTimeLimit = TimeSpan.FromSeconds(30),
    };

    public LabProgram Keystone { get; } =
        Wsgi(place, "keystone", "/usr/bin/keystone-wsgi-public", shape.Keystone, "OS_KEYSTONE_CONFIG_FILES", "keystone/keystone.conf");

    public LabProgram Placement { get; } =
        Wsgi(place, "placement", "/usr/bin/placement-api", shape.Placement, "OS_PLACEMENT_CONFIG_DIR", "placement/placement.conf");

    public LabProgram Glance { get; } = Service(place, "glance-api", "glance", ["glance/glance-api.conf"], shape.Glance);

    public LabProgram NovaApi { get; } = Service(place, "nova-api", "nova", ["nova/nova.conf"], shape.Nova, ["nova/policy.yaml"]);

    public LabProgram NovaConductor { get; } = Service(place, "nova-conductor", "nova", ["nova/nova.conf"]);

    public LabProgram NovaScheduler { get; } = Service(place, "nova-scheduler", "nova", ["nova/nova.conf"]);

    public LabProgram Neutron { get; } = Service(
        place, "neutron-server", "neutron", ["neutron/neutron.conf", "neutron/ml2_conf.ini"], shape.Neutron, ["neutron/policy.yaml"]);

    /// <summary>All of them, each after the ones that it needs.</summary>
    public IReadOnlyList<LabProgram> All =>
        [MariaDb, RabbitMq, Keystone, Placement, Glance, NovaConductor, NovaScheduler, NovaApi, Neutron, .. shape.Hosts.SelectMany(Of)];

    /// <summary>The programs of one compute host.</summary>
    public IEnumerable<LabProgram> Of(LabHost host)
    {
        var etc = $"{place.Etc}/hosts/{host.Name}";
        if (host.Kind == LabHostKind.Libvirt)
        {
            yield return On(
                host, "libvirtd",
                ["/usr/sbin/libvirtd", "--config", "/etc/libvirt/libvirtd.conf", "--pid-file", "/run/libvirt/libvirtd.pid"],
                [$"{place.HostFolder(host.Name)}/etc/libvirt/libvirtd.conf", $"{place.HostFolder(host.Name)}/etc/libvirt/qemu.conf"]);
        }

        string[] compute = [$"{place.Etc}/nova/nova.conf", $"{etc}/nova-compute.conf"];
        yield return On(host, "nova-compute", ["/usr/bin/nova-compute", .. Files(compute)], compute);
        string[] agent = [$"{place.Etc}/neutron/neutron.conf", $"{etc}/linuxbridge_agent.ini"];
        yield return On(host, "linuxbridge", ["/usr/bin/neutron-linuxbridge-agent", .. Files(agent)], agent);
    }

    private LabProgram On(LabHost host, string program, string[] words, string[] settings) =>
        new(
            $"{host.Name}.{program}", Root,
            [
                "/usr/bin/unshare", "--mount", "--uts", "--propagation", "private", $"{place.Templates}/enter-host", place.State, host.Name,
                .. words])
        {
            Settings = settings,
            Host = host,
        };

    private static LabProgram Service(
        LabPlace place, string name, string user, string[] settings, int? port = null, string[]? alsoReads = null)
    {
        string[] paths = [.. settings.Select(file => $"{place.Etc}/{file}")];
        return new(name, LabUser.Find(user), [$"/usr/bin/{name}", .. Files(paths)])
        {
            HttpPort = port,
            // A changed policy is read again, but only after a while.
            Settings = [.. paths, .. (alsoReads ?? []).Select(file => $"{place.Etc}/{file}")],
        };
    }

    private static LabProgram Wsgi(LabPlace place, string name, string script, int port, string variable, string settings) =>
        new(name, LabUser.Find(name),
        [
            Uwsgi, "--http-socket", $"127.0.0.1:{Word(port)}", "--wsgi-file", script, "--master", "--processes", "2", "--lazy-apps",
            "--die-on-term", "--no-orphans",
            "--thunder-lock", "--buffer-size", "65535", "--need-app", "--disable-logging", "--add-header", "Connection: close",
        ])
        {
            Environment = new Dictionary<string, string>
            {
                [variable] = variable.EndsWith("_DIR", StringComparison.Ordinal)
                    ? Path.GetDirectoryName($"{place.Etc}/{settings}")!
                    : $"{place.Etc}/{settings}",
            },
            Settings = [$"{place.Etc}/{settings}"],
            HttpPort = port,
        };

    private static IEnumerable<string> Files(IEnumerable<string> paths) => paths.SelectMany(path => new[] { "--config-file", path });

    private static string Word(int port) => port.ToString(CultureInfo.InvariantCulture);
}
