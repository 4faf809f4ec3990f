using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Runtime.Versioning;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Opportunism.Cli.OpenStack;
using Opportunism.Clouds.OpenStack;
using Opportunism.TestKit.OpenStack;
using Opportunism.TestKit.Sites;
using Opportunism.Workshop.Lab;

namespace Opportunism.SystemTests.OpenStack;

/// <summary>A lab of its own for a test, driven by the published command
/// line; ended and removed on disposal, also after a failure.</summary>
[SupportedOSPlatform("linux")]
internal sealed class RealLab : IAsyncDisposable
{
    // From nothing, beside other tests on two cores.
    private static readonly TimeSpan UpPatience = TimeSpan.FromMinutes(8), Patience = TimeSpan.FromMinutes(2);

    private readonly string packaging = Path.Combine(RepositoryRoot(), "packaging", "lab");

    private readonly HashSet<string> links = [.. Directory.EnumerateDirectories("/sys/class/net").Select(path => Path.GetFileName(path)!)];

    public RealLab(int firstPort)
    {
        FirstPort = firstPort;
        Place = new($"/var/tmp/opp-lab-{firstPort.ToString(CultureInfo.InvariantCulture)}", packaging);
    }

    public int FirstPort { get; }

    public LabPlace Place { get; }

    public LabShape Shape => LabShape.Read(Place.Shape) ?? throw new InvalidOperationException($"There is no lab in {Place.State}.");

    /// <summary>Starts <c>lab up</c> and does not wait.</summary>
    public RealProgram BeginUp(string hosts) =>
        Begin("up", "--hosts", hosts, "--first-port", FirstPort.ToString(CultureInfo.InvariantCulture));

    /// <summary>Runs <c>lab up</c> to its end.</summary>
    /// <param name="hosts">The hosts.</param>
    /// <param name="meanwhile">What must be done before it can end.</param>
    public async Task UpAsync(string hosts, Func<Task>? meanwhile = null)
    {
        await using var up = BeginUp(hosts);
        if (meanwhile is not null) await meanwhile();
        await EndsAsync(up, 0, UpPatience);
    }

    /// <summary>Runs another command of the lab; answers what it printed.</summary>
    public async Task<string> SayAsync(int expected, params string[] words)
    {
        await using var program = Begin(words);
        await EndsAsync(program, expected, Patience);
        return program.Said;
    }

    public async Task<JsonElement> StatusAsync(int expected) =>
        JsonDocument.Parse(await SayAsync(expected, "status", "--json")).RootElement;

    /// <summary>Ends one of its programs; the next <c>lab up</c> starts it again.</summary>
    public async Task StopAsync(string program)
    {
        var processes = new LabProcesses(Place, TimeProvider.System);
        if (processes.Of(program).Count == 0) throw new InvalidOperationException($"The lab's {program} does not run.");
        await processes.StopAsync(program, TimeSpan.FromSeconds(10));
    }

    /// <summary>Speaks to the lab as its administrator or as its tenant.</summary>
    public Task<LabApi> LogInAsync(string user, string project) =>
        LabApi.LogInAsync(Shape, user, new LabSecrets(Place.Secrets)[user], project, CancellationToken.None);

    /// <summary>The driver as a controller composes it, with the lab's least-privilege
    /// credential; it remembers what it evicts for as long as it lives.</summary>
    public ServiceProvider ComposeDriver(Action<OpenStackOptions>? change = null)
    {
        var options = new OpenStackOptions { Cloud = LabIdentity.Controller, CloudsFile = Place.CloudsYaml, Hosts = "desktop-*" };
        change?.Invoke(options);
        return OpenStackDriver.Compose(options, TimeProvider.System, new MemoryOpenStackStore());
    }

    /// <summary>Speaks to the lab as an Opportunism controller would, by what clouds.yaml says.</summary>
    public async Task<LabApi> LogInAsControllerAsync() =>
        await LabApi.LogInAsync(
            Shape, LabIdentity.CredentialId(await File.ReadAllTextAsync(Place.CloudsYaml)),
            new LabSecrets(Place.Secrets)["opportunism-credential"], CancellationToken.None);

    /// <summary>Who listens on the lab's ports.</summary>
    public IReadOnlyList<IPEndPoint> Listeners() =>
        [
            .. IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners()
                .Where(end => end.Port >= FirstPort && end.Port < FirstPort + LabShape.Ports)];

    /// <summary>The names of the lab's secrets that a log or the arguments of any process show.</summary>
    public IReadOnlyList<string> SecretsSeen()
    {
        var secrets = JsonDocument.Parse(File.ReadAllText(Place.Secrets)).RootElement.EnumerateObject()
            .ToDictionary(one => one.Name, one => one.Value.GetString()!);
        var places = Directory.EnumerateFiles(Place.Logs)
            .Concat(
                Directory.EnumerateDirectories("/proc").Where(folder => char.IsAsciiDigit(Path.GetFileName(folder)[0]))
                    .Select(folder => Path.Combine(folder, "cmdline")));
        var seen = new List<string>();
        foreach (var place in places)
        {
            var text = TextOf(place);
            seen.AddRange(
                secrets.Where(secret => text.Contains(secret.Value, StringComparison.Ordinal))
                    .Select(secret => $"{secret.Key} in {place}"));
        }

        return seen;
    }

    /// <summary>Everything of the lab that can be seen on this machine.</summary>
    public IReadOnlyList<string> Traces()
    {
        var processes = new LabProcesses(Place, TimeProvider.System);
        return
        [
            .. processes.Running().Select(name => $"program {name}"),
            .. processes.InHosts().Select(id => $"process {id} inside a host"),
            .. Listeners().Select(end => $"listener {end}"),
            .. new[] { Place.State, processes.Cgroup }.Where(Path.Exists),
            .. Directory.EnumerateDirectories("/sys/class/net").Select(path => Path.GetFileName(path)!).Where(name => !links.Contains(name))
                .Select(name => $"network interface {name}"),
            .. File.ReadLines("/proc/self/mountinfo").Where(line => line.Contains(Place.State, StringComparison.Ordinal)),
        ];
    }

    /// <summary>Asks until something is so.</summary>
    public static async Task<T> UntilAsync<T>(string what, Func<Task<T>> look, Func<T, bool> reached, Func<T, string> describe)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var seen = await look();
            if (reached(seen)) return seen;
            if (TimeProvider.System.GetElapsedTime(began) > Patience)
                throw new TimeoutException($"It was not seen that {what}. Last:\n{describe(seen)}");
            await Task.Delay(TimeSpan.FromMilliseconds(250), TimeProvider.System);
        }
    }

    /// <summary>Builds a server as a tenant would, on a kind of host; answers it when it is ACTIVE.</summary>
    public static async Task<JsonNode> BuildAsync(LabApi tenant, string name, string zone) =>
        await UntilStatusAsync(tenant, await AskForAsync(tenant, name, zone, []), "ACTIVE");

    /// <summary>Asks for a server as a tenant would, on a kind of host or on any, with that metadata; answers its id at once.</summary>
    public static Task<string> AskForAsync(LabApi tenant, string name, string? zone, JsonObject metadata) =>
        LabServers.AskForAsync(tenant, name, zone, metadata, CancellationToken.None);

    public static async Task<JsonNode> UntilStatusAsync(LabApi tenant, string server, string status)
    {
        var seen = await UntilAsync(
            $"server {server} is {status}",
            async () => (await tenant.GetAsync(new(tenant.Nova, $"servers/{server}"), CancellationToken.None))["server"]!,
            one => (string?)one["status"] == status || (string?)one["status"] == "ERROR",
            one => one.ToJsonString());
        return (string?)seen["status"] == status
            ? seen
            : throw new InvalidOperationException($"Server {server} is not {status}: {seen.ToJsonString()}");
    }

    /// <summary>Deletes a server and waits until Nova knows nothing of it.</summary>
    public static async Task DeleteAsync(LabApi tenant, string server)
    {
        await LabServers.DeleteAsync(tenant, server, CancellationToken.None);
        await UntilAsync(
            $"server {server} is gone", () => LabServers.FindAsync(tenant, server, CancellationToken.None), found => found is null,
            found => $"{found}");
    }

    /// <summary>What a server has printed on its serial console.</summary>
    public static Task<string> ConsoleAsync(LabApi tenant, string server) =>
        LabServers.ConsoleAsync(tenant, server, CancellationToken.None);

    /// <summary>Ends and removes it. Does not judge: it would hide why the test failed.</summary>
    public async ValueTask DisposeAsync()
    {
        await using var down = Begin("down", "--wipe");
        down.EndsWithin(Patience);
    }

    private static string TextOf(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            // A process that has ended since it was listed shows nothing any more.
            return "";
        }
    }

    private static string RepositoryRoot() => Path.GetFullPath(Path.Combine(RealSite.Programs, "..", ".."));

    private static async Task EndsAsync(RealProgram program, int expected, TimeSpan patience)
    {
        await program.Reading.WaitAsync(patience, TimeProvider.System);
        if (!program.EndsWithin(patience) || program.ExitCode != expected)
            throw new InvalidOperationException($"'{program.Name}' ended with {program.ExitCode}, not {expected}:\n{program.Said}");
    }

    private RealProgram Begin(params string[] words) =>
        RealProgram.Start("lab " + words[0], RealSite.WorkshopProgram, ["lab", .. words, "--state", Place.State]);
}
