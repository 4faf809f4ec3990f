using System.Globalization;
using System.Runtime.Versioning;
using System.Text;
using Opportunism.Contracts.Api;
using Opportunism.Core.Fleet;
using Opportunism.Core.Guests;
using Opportunism.TestKit.Guests;

namespace Opportunism.TestKit.Sites;

/// <summary>A whole site of real processes on this machine: the published controller,
/// desktops with the published agent, real QEMU and real X servers.</summary>
/// <remarks>Needs root. Everything is ended and removed on disposal, also after a failure.</remarks>
[SupportedOSPlatform("linux")]
public sealed class RealSite : IAsyncDisposable
{
    /// <summary>Memory of the guests these sites run, in MiB.</summary>
    public const int GuestMemoryMiB = 128;

    // A guest boots in 4 s without KVM on two free cores; the machine may be busy with other work.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly string name = "opp-day-" + Guid.NewGuid().ToString("N")[..8];
    private readonly string folder;
    private readonly List<RealDesktop> desktops = [];
    private RealProgram? controller;
    private string listen = "127.0.0.1:0";
    private string[] settings = [];

    private RealSite() => folder = "/var/tmp/" + name;

    /// <summary>The site's API as its administrator.</summary>
    public SiteClient Client { get; private set; } = null!;

    /// <summary>Folder with the published programs, one folder each.</summary>
    public static string Programs => Path.Combine(TickImage.RepositoryRoot, "artifacts", "site");

    public static string ControllerProgram => Path.Combine(Programs, "controller", "Opportunism.Controller");

    public static string AgentProgram => Path.Combine(Programs, "agent", "Opportunism.Agent");

    public static string CliProgram => Path.Combine(Programs, "cli", "Opportunism.Cli");

    /// <summary>The command line of a clone, which has <c>try</c>, <c>up</c> and <c>lab</c> too.</summary>
    public static string WorkshopProgram => Path.Combine(Programs, "workshop", "Opportunism.Workshop");

    /// <summary>The file that the command line uses to find this site.</summary>
    public string SiteFilePath => Path.Combine(ControllerState, SiteFile.Name);

    /// <summary>The address on which the controller listens.</summary>
    public Uri Url => new(SiteFile.Read(ControllerState)!.Url);

    /// <summary>The controller's output.</summary>
    public string ControllerSaid => controller!.Said;

    private string ControllerState => Path.Combine(folder, "controller");

    /// <summary>Starts a controller with its own cloud and uploads the tick image.</summary>
    public static Task<RealSite> StartAsync() => StartAsync(async site =>
    {
        await site.StartControllerAsync();
        var image = await TickImage.MakeAsync(site.folder, disk: true);
        await using var file = File.OpenRead(image.Path);
        await site.Client.UploadImageAsync("tick", ImageFormat.Qcow2, file, file.Length);
    });

    /// <summary>Starts a controller with a settings file of that content.</summary>
    public static Task<RealSite> StartAsync(string ini) => StartAsync(async site =>
    {
        var file = Path.Combine(site.folder, "controller.ini");
        await File.WriteAllTextAsync(file, ini);
        site.settings = ["--settings", file];
        await site.StartControllerAsync();
    });

    private static async Task<RealSite> StartAsync(Func<RealSite, Task> start)
    {
        var site = new RealSite();
        try
        {
            Directory.CreateDirectory(site.folder, (UnixFileMode)0b111_001_001);
            await start(site);
            return site;
        }
        catch
        {
            await site.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the controller, or restarts it on the same address.</summary>
    public async Task StartControllerAsync()
    {
        // An old file would name a controller that has ended.
        if (Directory.Exists(ControllerState)) File.Delete(SiteFilePath);
        controller = RealProgram.Start("controller", ControllerProgram, [.. settings, "--state", ControllerState, "--listen", listen]);
        await UntilAsync("the controller answers", async () =>
        {
            if (SiteFile.Read(ControllerState) is not { } site) return false;
            // Agents connect to this address.
            listen = new Uri(site.Url).Authority;
            Client ??= SiteClient.Open(ControllerState);
            return await Client.StatusAsync() is not null;
        });
    }

    /// <summary>Sends the controller SIGKILL.</summary>
    public void KillController() => controller!.Kill();

    /// <summary>Adds a desktop and waits until its agent has reported to the site.</summary>
    /// <param name="nodeName">Its name.</param>
    /// <param name="guests">More lines for the section [Guests] of its settings.</param>
    /// <param name="idleFor">How long its owner must be away before it is lent; null for the shortest time allowed.</param>
    public async Task<RealDesktop> AddDesktopAsync(string nodeName, string guests = "", TimeSpan? idleFor = null)
    {
        var token = await Client.CreateJoinTokenAsync(new NewJoinToken());
        var desktop = await RealDesktop.MakeAsync(
            nodeName, $"{name}-{nodeName}", Path.Combine(folder, nodeName), AgentProgram, Url, token.Token, guests, idleFor);
        desktops.Add(desktop);
        desktop.StartAgent();
        await UntilAsync(
            $"{nodeName} has reported",
            async () => (await Client.NodesAsync()).Any(node => node.Id == nodeName && node is { State: not null, Lost: false }));
        return desktop;
    }

    /// <summary>Enrols a node whose messages a test makes.</summary>
    public async Task<FakeAgent> EnrolAsync(string nodeName) =>
        await FakeAgent.EnrolAsync(Url, (await Client.CreateJoinTokenAsync(new NewJoinToken())).Token, nodeName);

    /// <summary>The same node on a second connection.</summary>
    public FakeAgent Again(FakeAgent agent) => agent.At(Url, SiteFile.Read(ControllerState)!.CaFingerprint);

    /// <summary>Creates a tick guest.</summary>
    public Task<VmView> CreateVmAsync(string vm, string policy) =>
        Client.CreateVmAsync(new NewVm { Name = vm, Image = "tick", Vcpus = 1, MemoryMiB = GuestMemoryMiB, Policy = policy });

    /// <summary>Waits until a VM has a status, and returns the VM.</summary>
    public async Task<VmView> UntilVmAsync(string vm, params VmStatus[] any)
    {
        VmView? seen = null;
        await UntilAsync(
            $"VM {vm} is {string.Join(" or ", any)}", async () => Array.IndexOf(any, (seen = await Client.VmAsync(vm)).Status) >= 0);
        return seen!;
    }

    /// <summary>Waits until an agent reports that its node is in a state.</summary>
    public Task UntilStateAsync(RealDesktop desktop, string state) =>
        UntilAsync($"{desktop.Name} is {state}", async () => (await desktop.StatusAsync()).State == state);

    /// <summary>Waits until an agent reports that a guest is in a phase.</summary>
    public Task UntilPhaseAsync(RealDesktop desktop, string guest, string phase) =>
        UntilAsync(
            $"guest {guest} is {phase} on {desktop.Name}",
            async () => (await desktop.StatusAsync()).Guests.Any(here => here.Id == guest && here.Phase == phase));

    /// <summary>Waits until a guest's count has reached this number.</summary>
    public Task UntilTickAsync(RealConsole console, int tick) =>
        UntilAsync($"a guest has counted to {tick}", async () => (await console.ReadAsync()).Last >= tick);

    /// <summary>Waits until a condition holds; the error describes the whole site.</summary>
    public async Task UntilAsync(string what, Func<Task<bool>> reached, TimeSpan? patience = null)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var trouble = "";
            try
            {
                if (await reached()) return;
            }
            catch (Exception e) when (e is SiteException or IOException or OperationCanceledException)
            {
                // A program that was just started or killed replies later.
                trouble = e.Message;
            }

            if (TimeProvider.System.GetElapsedTime(began) > (patience ?? Patience))
                throw new TimeoutException($"It was not seen that {what}. {trouble}\n{await DescribeAsync()}");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }
    }

    /// <summary>The state of the site: nodes, VMs, last lines of every program.</summary>
    public async Task<string> DescribeAsync()
    {
        var text = new StringBuilder();
        try
        {
            foreach (var node in await Client.NodesAsync())
                text.AppendLine(
                    CultureInfo.InvariantCulture,
                    $"{node.Id}: {node.State} ({node.Reason}){(node.Lost ? " lost" : "")}, guests "
                    + $"{string.Join(", ", node.Guests.Select(guest => $"{guest.Name} {guest.Phase} {guest.Sentence}"))}");
            foreach (var vm in await Client.VmsAsync(all: true))
                text.AppendLine(CultureInfo.InvariantCulture, $"{vm.Name} ({vm.Id}): {vm.Status} {vm.Why}, on {vm.Node ?? "no node"}");
        }
        catch (Exception e) when (e is SiteException or NullReferenceException)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"The controller tells nothing: {e.Message}");
        }

        foreach (var program in desktops.Select(desktop => desktop.Agent).Append(controller).OfType<RealProgram>())
        {
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"---- {program.Name}{(program.HasExited ? $", ended with {program.ExitCode}" : "")}\n{program.Tail()}");
        }

        return text.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var desktop in desktops) await desktop.DisposeAsync();
        Client?.Dispose();
        if (controller is not null)
        {
            controller.Stop();
            await controller.DisposeAsync();
        }

        Directory.Delete(folder, recursive: true);
    }
}
