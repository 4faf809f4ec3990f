using System.Globalization;
using System.Runtime.Versioning;
using System.Text;
using Opportunism.Contracts.Local;
using Opportunism.Core.Availability;
using Opportunism.TestKit.Displays;

namespace Opportunism.TestKit.Sites;

/// <summary>A desktop of a <see cref="RealSite"/>: the agent's process, an X display of its own and an owner whom a test can bring and take
/// away.</summary>
/// <remarks>Several share a machine: each has its own state, cgroup and memory folder, and its agent watches only its own
/// display.</remarks>
[SupportedOSPlatform("linux")]
public sealed class RealDesktop : IAsyncDisposable
{
    // Not used by any other program; only guests of this desktop run as it.
    private const int GuestUser = 64322;

    private readonly string folder;
    private readonly string settings;
    private readonly string program;
    private readonly XvfbDisplay display;

    private RealDesktop(string name, string cgroup, string folder, string program, XvfbDisplay display)
    {
        (Name, Cgroup, this.folder, this.program, this.display) = (name, cgroup, folder, program, display);
        settings = Path.Combine(folder, "agent.ini");
        Local = new(SocketPath);
    }

    public string Name { get; }

    /// <summary>The outer of its cgroups; no other desktop's name begins with it.</summary>
    public string Cgroup { get; }

    public string RamFolder => "/dev/shm/" + Cgroup;

    /// <summary>The path of the agent's local socket.</summary>
    public string SocketPath => Path.Combine(folder, "agent.sock");

    /// <summary>The agent's local socket.</summary>
    public LocalAgent Local { get; }

    /// <summary>The running agent, or the last one.</summary>
    public RealProgram Agent { get; private set; } = null!;

    /// <summary>Bytes of guests' memory that this desktop uses.</summary>
    public long RamInUse =>
        Directory.Exists(RamFolder) && new DriveInfo(RamFolder) is var mount ? mount.TotalSize - mount.TotalFreeSpace : 0;

    /// <summary>Makes a desktop with its display and settings; its agent is not started yet.</summary>
    internal static async Task<RealDesktop> MakeAsync(
        string name, string cgroup, string folder, string program, Uri controller, string joinToken, string more, TimeSpan? idleFor = null,
        bool seatless = false)
    {
        // Guests run as another user, which must be able to enter the folders below.
        Directory.CreateDirectory(folder, (UnixFileMode)0b111_001_001);
        var tokenFile = Path.Combine(folder, "join.token");
        await File.WriteAllTextAsync(tokenFile, joinToken);
        var display = await XvfbDisplay.StartAsync();
        var desktop = new RealDesktop(name, cgroup, folder, program, display);
        await File.WriteAllTextAsync(
            desktop.settings, desktop.Ini(controller, tokenFile, more, idleFor ?? AvailabilityTimes.ShortestThawAfter, seatless));
        return desktop;
    }

    /// <summary>Adds lines to the settings, for the next start.</summary>
    public Task AddSettingsAsync(string lines) => File.AppendAllTextAsync(settings, lines);

    /// <summary>Starts the agent; it finds everything that an earlier one has left.</summary>
    public void StartAgent() => Agent = RealProgram.Start($"agent of {Name}", program, "run", "--settings", settings);

    /// <summary>Starts the agent with a log that is a full pipe, which is never read.</summary>
    public void StartAgentWithFullLog()
    {
        const string Script = "mkfifo \"$0\" && exec 3<>\"$0\" && head -c 65536 /dev/zero >&3 && exec \"$@\" >&3 2>&3";
        Agent = RealProgram.Start(
            $"agent of {Name}", "/bin/sh", "-c", Script, Path.Combine(folder, "log.pipe"), program, "run", "--settings", settings);
    }

    /// <summary>The agent's status; throws IOException while the agent does not reply.</summary>
    public async Task<LocalStatus> StatusAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5), TimeProvider.System);
        var reply = await Local.AskAsync(new(LocalAsk.Status), limit.Token);
        return reply.Status ?? throw new IOException($"The agent of {Name} answered: {reply.Error}");
    }

    /// <summary>The owner moves the mouse, once.</summary>
    public Task TouchAsync() => display.MoveAsync();

    /// <summary>The owner sits down and moves the mouse and types several times a second until disposed.</summary>
    public IAsyncDisposable OwnerStays() => new Owner(display);

    /// <summary>The QEMU process of a guest, found by its memory size; null when there is none.</summary>
    public int? QemuOf(string guest)
    {
        var found = Processes().Where(process => process.Words.Contains($"{RamFolder}/{guest}", StringComparison.Ordinal))
            .Select(process => process.Id).ToList();
        return found.Count switch
        {
            0 => null,
            1 => found[0],
            _ => throw new InvalidOperationException(
                $"Guest {guest} runs {found.Count} times on {Name}: processes {string.Join(", ", found)}."),
        };
    }

    /// <summary>CPU time a process has used, in ticks of 10 ms.</summary>
    public static long CpuOf(int process)
    {
        // man 5 proc: the name in brackets may contain spaces; utime and stime are the 12th and 13th word after it.
        var words = File.ReadAllText($"/proc/{process}/stat").Split(") ", 2)[1].Split(' ');
        return long.Parse(words[11], CultureInfo.InvariantCulture) + long.Parse(words[12], CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        if (Agent is not null)
        {
            Agent.Stop();
            await Agent.DisposeAsync();
        }

        await display.DisposeAsync();
        await RealRemains.RemoveAsync(
            Cgroup, RamFolder,
            Processes().Where(process => process.Words.Contains(RamFolder + "/", StringComparison.Ordinal)).Select(process => process.Id));
    }

    private static IEnumerable<(int Id, string Words)> Processes()
    {
        foreach (var path in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out var id)) continue;
            var words = "";
            try
            {
                words = Encoding.UTF8.GetString(File.ReadAllBytes(path + "/cmdline"));
            }
            catch (IOException)
            {
                // It has ended meanwhile.
            }

            if (words.Contains("qemu-system", StringComparison.Ordinal)) yield return (id, words);
        }
    }

    private string Ini(Uri controller, string tokenFile, string more, TimeSpan idleFor, bool seatless) => string.Create(
        CultureInfo.InvariantCulture, $"""
        [Agent]
        StateFolder = {folder}/state
        Socket = {folder}/agent.sock

        [Site]
        Controller = {controller}
        JoinTokenFile = {tokenFile}
        NodeName = {Name}

        [Times]
        IdleFor = {idleFor}
        ThawAfter = 00:00:05
        HoldAfter = 00:00:01
        PresaveAfter = 00:00:02
        EvictAfter = 00:00:06

        [Monitors]
        Enabled = x11
        Ignore = {(seatless ? ":*" : string.Join(", ", AllBut(display.Number)))}

        [Conditions]
        CpuEnterPercent = 100
        CpuLeavePercent = 100

        [Guests]
        RamFolder = {RamFolder}
        Cgroup = {Cgroup}/guests
        RunAs = {GuestUser}
        {more}

        """);

    /// <summary>Patterns for every display except one, also for later ones: activity there is not that of this desktop's owner.</summary>
    private static IEnumerable<string> AllBut(int number)
    {
        var name = number.ToString(CultureInfo.InvariantCulture);
        for (var known = 0; known <= name.Length; known++)
        {
            if (known > 0 && known < name.Length) yield return $":{name[..known]}";
            foreach (var digit in "0123456789".Where(digit => known == name.Length || name[known] != digit))
                yield return $":{name[..known]}{digit}*";
        }
    }

    private sealed class Owner : IAsyncDisposable
    {
        private readonly CancellationTokenSource leave = new();
        private readonly Task sitting;

        public Owner(XvfbDisplay display) => sitting = SitAsync(display);

        public async ValueTask DisposeAsync()
        {
            // An owner who has left already does not leave again.
            if (sitting.IsCompletedSuccessfully) return;
            await leave.CancelAsync();
            await sitting;
            leave.Dispose();
        }

        private async Task SitAsync(XvfbDisplay display)
        {
            while (!leave.IsCancellationRequested)
            {
                await display.MoveAsync();
                await display.PressAsync();
                await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, leave.Token)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
