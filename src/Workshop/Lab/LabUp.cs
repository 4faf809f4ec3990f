using System.Net.NetworkInformation;
using System.Runtime.Versioning;

namespace Opportunism.Workshop.Lab;

/// <summary>Brings a lab to its requested shape. Each step checks first and does only what is missing, so it can be interrupted at any
/// point and repeated.</summary>
[SupportedOSPlatform("linux")]
internal sealed class LabUp(LabPlace place, LabShape shape, ILabBoard board, TimeProvider time)
{
    // nova-compute needs up to 20 s to import its libraries while eight others do the same on two cores.
    private static readonly TimeSpan StartTimeLimit = TimeSpan.FromSeconds(240);

    private static readonly string[] KeystoneKeys = ["fernet_setup", "credential_setup"];

    private static readonly string[][] NovaTables = [["api_db", "sync"], ["cell_v2", "map_cell0"], ["db", "sync"]];

    private readonly LabSecrets secrets = new(place.Secrets);
    private readonly LabPrograms programs = new(place, shape);
    private readonly LabProcesses processes = new(place, time);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await board.StepAsync("Settings are written", () => Task.Run(() => new LabFiles(place, shape, secrets).Write(), cancellationToken));
        await EndWhatIsNotWantedAsync();
        CheckPorts();
        shape.Write(place.Shape);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await StepAsync("MariaDB runs", () => StartDatabaseAsync(ending.Token));
        var rabbit = StepAsync(
            "RabbitMQ runs", () => StartAsync(programs.RabbitMq, () => LabProbe.TcpAsync(shape.RabbitMq, ending.Token), ending.Token));
        var identity = IdentityAsync(ending.Token);
        var tables = TablesAsync(ending.Token);
        var image = StepAsync("A tiny bootable image is made", () => MakeImageAsync(ending.Token));
        await AllAsync(ending, rabbit, identity, tables, image);
        await AllAsync(
            ending,
            [
                .. new[] { programs.Placement, programs.Glance, programs.NovaConductor, programs.NovaScheduler, programs.NovaApi,
                    programs.Neutron }.Select(program => StepAsync($"{program.Name} runs", () => StartAsync(program, ending.Token)))]);
        await HostsAsync(ending);
    }

    private Task StepAsync(string name, Func<Task> step) => board.StepAsync(name, step);

    /// <summary>Waits for all; the first that fails cancels the others.</summary>
    private static async Task AllAsync(CancellationTokenSource ending, params IReadOnlyList<Task> steps)
    {
        try
        {
            await foreach (var done in Task.WhenEach(steps)) await done;
        }
        catch
        {
            await ending.CancelAsync();
            await Task.WhenAll(steps).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }

    /// <summary>Ends steps of an <c>up</c> that was killed, hosts that are no longer requested, and programs whose settings have
    /// changed.</summary>
    private async Task EndWhatIsNotWantedAsync()
    {
        var wanted = programs.All.ToDictionary(program => program.Name);
        foreach (var name in processes.Running().Reverse())
        {
            if (wanted.TryGetValue(name, out var program) && processes.IsUpToDate(program)) continue;
            await StepAsync($"{name} is ended", () => processes.StopAsync(name, program?.EndTimeLimit ?? TimeSpan.FromSeconds(10)));
        }
    }

    private void CheckPorts()
    {
        var taken = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(end => end.Port).ToHashSet();
        List<(int Port, string User)> wanted = [
            .. programs.All.Where(program => program.HttpPort is not null).Select(program => (program.HttpPort!.Value, program.Name)),
            (shape.RabbitMq, programs.RabbitMq.Name), (shape.RabbitMqDistribution, programs.RabbitMq.Name),
            (shape.PortMapper, programs.RabbitMq.Name)];
        foreach (var (port, user) in wanted)
        {
            if (taken.Contains(port) && processes.Of(user).Count == 0)
                throw new IOException(
                    $"Port {port}, which {user} needs, is taken by another program. Give the lab other ports: lab down --wipe, then lab "
                        + $"up --first-port N (it takes {LabShape.Ports} ports from N on).");
        }
    }

    private async Task StartDatabaseAsync(CancellationToken cancellationToken)
    {
        await OnceAsync("mariadb", async () =>
        {
            // Without the mark it was never used: left by an interrupted attempt.
            if (Directory.Exists($"{place.State}/mariadb/data")) Directory.Delete($"{place.State}/mariadb/data", recursive: true);
            await ToolAsync(
                "mariadb-install", "mysql",
                [
                    "/usr/bin/mariadb-install-db", "--no-defaults", $"--datadir={place.State}/mariadb/data", "--skip-test-db",
                    "--auth-root-authentication-method=socket"],
                cancellationToken);
        });
        await StartAsync(programs.MariaDb, () => LabProbe.GreetsAsync(place.DatabaseSocket, cancellationToken), cancellationToken);
    }

    private async Task IdentityAsync(CancellationToken cancellationToken)
    {
        string[] keystone = ["/usr/bin/keystone-manage", "--config-file", $"{place.Etc}/keystone/keystone.conf"];
        await StepAsync("Keystone has its tables and keys", () => OnceAsync("keystone", async () =>
        {
            await EmptyAsync(["keystone"], cancellationToken);
            await ToolAsync("keystone-tables", "keystone", [.. keystone, "db_sync"], cancellationToken);
            foreach (var keys in KeystoneKeys)
                await ToolAsync(
                    "keystone-keys", "keystone", [.. keystone, keys, "--keystone-user", "keystone", "--keystone-group", "keystone"],
                    cancellationToken);
            var url = $"http://127.0.0.1:{shape.Keystone}/v3";
            await processes.RunAsync(
                new(
                    "once.keystone-bootstrap", LabUser.Find("keystone"),
                    [
                        .. keystone, "bootstrap", "--bootstrap-region-id", "RegionOne", "--bootstrap-admin-url", url,
                        "--bootstrap-internal-url", url, "--bootstrap-public-url", url])
                {
                    Environment = new Dictionary<string, string> { ["OS_BOOTSTRAP_PASSWORD"] = secrets["admin"] },
                },
                cancellationToken);
        }));
        await StepAsync("keystone runs", () => StartAsync(programs.Keystone, cancellationToken));
        await StepAsync(
            "Users, roles and the catalog are there", () => new LabIdentity(place, shape, secrets).EnsureAsync(cancellationToken));
    }

    private async Task TablesAsync(CancellationToken cancellationToken)
    {
        string[] nova = ["/usr/bin/nova-manage", "--config-file", $"{place.Etc}/nova/nova.conf"];
        await StepAsync("Nova has its tables", () => OnceAsync("nova", async () =>
        {
            await EmptyAsync(["nova_api", "nova_cell0", "nova"], cancellationToken);
            foreach (var words in NovaTables) await ToolAsync("nova-tables", "nova", [.. nova, .. words], cancellationToken);
            // Exit code 2: the cell exists already.
            await processes.RunAsync(
                new("once.nova-cell", LabUser.Find("nova"), [.. nova, "cell_v2", "create_cell", "--name=cell1"]), cancellationToken, 2);
        }));
        await TablesAsync(
            "Neutron", "neutron",
            [
                "/usr/bin/neutron-db-manage", "--config-file", $"{place.Etc}/neutron/neutron.conf", "--config-file",
                $"{place.Etc}/neutron/ml2_conf.ini", "upgrade", "heads"],
            cancellationToken);
        await TablesAsync(
            "Glance", "glance", ["/usr/bin/glance-manage", "--config-file", $"{place.Etc}/glance/glance-api.conf", "db_sync"],
            cancellationToken);
        await TablesAsync(
            "Placement", "placement", ["/usr/bin/placement-manage", "--config-file", $"{place.Etc}/placement/placement.conf", "db", "sync"],
            cancellationToken);
    }

    private Task TablesAsync(string service, string name, IReadOnlyList<string> words, CancellationToken cancellationToken) =>
        StepAsync($"{service} has its tables", () => OnceAsync(name, async () =>
        {
            await EmptyAsync([name], cancellationToken);
            await ToolAsync(name + "-tables", name, words, cancellationToken);
        }));

    /// <summary>Recreates databases: MariaDB commits each change of a table by itself, so the attempt after an interrupted one would find
    /// some tables and fail.</summary>
    private async Task EmptyAsync(IReadOnlyList<string> databases, CancellationToken cancellationToken)
    {
        foreach (var database in databases)
            await ToolAsync(
                "empty-" + database, "root",
                [
                    "/usr/bin/mariadb", "--no-defaults", $"--socket={place.DatabaseSocket}", "-e",
                    $"DROP DATABASE IF EXISTS {database}; CREATE DATABASE {database} CHARACTER SET utf8"],
                cancellationToken);
    }

    private async Task MakeImageAsync(CancellationToken cancellationToken)
    {
        var maker = Path.Combine(place.Templates, "..", "linux", "make-tick-image");
        if (File.Exists(place.Image)) return;
        await processes.RunAsync(
            new("once.image", LabUser.Root, [maker, place.Image, "--disk", "--cache", "/var/cache/opportunism"]), cancellationToken);
    }

    private async Task HostsAsync(CancellationTokenSource ending)
    {
        var contents = new LabContents(place, shape, secrets, time);
        await StepAsync(
            "The image, a flavor and the network are there",
            async () => await MakeBridgeAsync(await contents.EnsureAsync(ending.Token), ending.Token));
        await AllAsync(
            ending, [.. shape.Hosts.Select(host => StepAsync($"{host.Name} runs its programs", () => StartHostAsync(host, ending.Token)))]);
        await StepAsync("The controller's credential works", () => new LabIdentity(place, shape, secrets).CheckAsync(ending.Token));
        await StepAsync(
            "Nova and Neutron have heard from every host", () =>
                contents.UntilHostsAreHeardAsync(StartTimeLimit, CheckHosts, ending.Token));
        // A host that is not in the cell's map gets no servers; one mark for each, because hosts may be added later.
        await StepAsync("Nova has every host in its cell and zone", async () =>
        {
            if (shape.Hosts.Any(host => !File.Exists(Path.Combine(place.Done, "mapped-" + host.Name))))
                await ToolAsync(
                    "nova-discover", "nova",
                    ["/usr/bin/nova-manage", "--config-file", $"{place.Etc}/nova/nova.conf", "cell_v2", "discover_hosts"], ending.Token);
            foreach (var host in shape.Hosts) PrivateFile.Write(Path.Combine(place.Done, "mapped-" + host.Name), "", LabUser.Root);
            await contents.EnsureZonesAsync(ending.Token);
        });
    }

    private async Task StartHostAsync(LabHost host, CancellationToken cancellationToken)
    {
        foreach (var program in programs.Of(host))
        {
            Func<Task<bool>>? ready = program.Name.EndsWith(".libvirtd", StringComparison.Ordinal) ? () =>
                LabProbe.ListensAsync($"{place.HostFolder(host.Name)}/run/libvirt/libvirt-sock", cancellationToken) : null;
            await StartAsync(program, ready, cancellationToken);
        }
    }

    private void CheckHosts()
    {
        foreach (var program in programs.All) CheckRuns(program);
    }

    private async Task MakeBridgeAsync(string bridge, CancellationToken cancellationToken)
    {
        PrivateFile.Write(place.BridgeName, bridge, LabUser.Root);
        new LabFiles(place, shape, secrets).WriteAgents(bridge);
        if (!Directory.Exists($"/sys/class/net/{bridge}"))
            await ToolAsync("bridge", "root", ["/usr/sbin/ip", "link", "add", "name", bridge, "type", "bridge"], cancellationToken);
        await ToolAsync("bridge", "root", ["/usr/sbin/ip", "link", "set", bridge, "up"], cancellationToken);
    }

    private async Task OnceAsync(string name, Func<Task> action)
    {
        var mark = Path.Combine(place.Done, name);
        if (File.Exists(mark)) return;
        await action();
        PrivateFile.Write(mark, "", LabUser.Root);
    }

    private Task ToolAsync(string name, string user, IReadOnlyList<string> words, CancellationToken cancellationToken) =>
        processes.RunAsync(new("once." + name, LabUser.Find(user), words), cancellationToken);

    private Task StartAsync(LabProgram program, CancellationToken cancellationToken) =>
        StartAsync(program, program.HttpPort is { } port ? () => LabProbe.HttpAsync(port, cancellationToken) : null, cancellationToken);

    private async Task StartAsync(LabProgram program, Func<Task<bool>>? ready, CancellationToken cancellationToken)
    {
        if (processes.Of(program.Name).Count == 0) await processes.StartAsync(program, cancellationToken);
        var began = time.GetTimestamp();
        while (true)
        {
            CheckRuns(program);
            if (ready is null || await ready()) return;
            if (time.GetElapsedTime(began) > StartTimeLimit)
                throw new IOException(
                    $"{program.Name} was not ready after {StartTimeLimit.TotalSeconds} s. The end of "
                        + $"{processes.LogOf(program)}:\n{processes.Tail(program)}");
            await Task.Delay(TimeSpan.FromMilliseconds(100), time, cancellationToken);
        }
    }

    private void CheckRuns(LabProgram program)
    {
        if (processes.Of(program.Name).Count == 0)
            throw new IOException($"{program.Name} has ended by itself. The end of {processes.LogOf(program)}:\n{processes.Tail(program)}");
    }
}
