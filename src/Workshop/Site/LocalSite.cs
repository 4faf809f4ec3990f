using System.Runtime.Versioning;
using Opportunism.Contracts.Api;
using Opportunism.Contracts.Local;

namespace Opportunism.Workshop.Site;

/// <summary>A whole site on this machine: one controller and one agent, both started and ended by this program.</summary>
[SupportedOSPlatform("linux")]
internal sealed class LocalSite : IAsyncDisposable
{
    // A cold start on a busy machine with two cores: 6 s measured, and the disk may be slow.
    private static readonly TimeSpan StartTimeLimit = TimeSpan.FromSeconds(60), EndTimeLimit = TimeSpan.FromSeconds(20);

    // A monitor reads its sources as soon as it runs; one that takes longer than this is blind.
    private static readonly TimeSpan LookPatience = TimeSpan.FromSeconds(10);

    private readonly TimeProvider time;
    private OwnProcess? controller;
    private OwnProcess? agent;

    private LocalSite(SiteFolders folders, SiteSettings settings, TimeProvider time) =>
        (Folders, Settings, this.time) = (folders, settings, time);

    public SiteFolders Folders { get; }

    public SiteSettings Settings { get; private set; }

    /// <summary>The site's API as its administrator; set once the controller runs.</summary>
    public SiteClient Client { get; private set; } = null!;

    /// <summary>The local agent.</summary>
    public LocalAgent Agent => new(Folders.AgentSocket);

    /// <summary>Starts the controller and waits until it is ready.</summary>
    /// <exception cref="IOException">It did not start; the message contains the end of its log.</exception>
    public static async Task<LocalSite> StartControllerAsync(
        SiteFolders folders, SiteSettings settings, string listen, TimeProvider time, CancellationToken cancellationToken)
    {
        var site = new LocalSite(folders, settings, time);
        Directory.CreateDirectory(
            folders.State,
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherExecute
                | UnixFileMode.GroupExecute);
        // A file of an earlier run names a controller that has ended, or one that still runs: then it must stay.
        var siteFile = Path.Combine(folders.ControllerState, SiteFile.Name);
        var before = File.GetLastWriteTimeUtc(siteFile);
        string[] told = [];
        if (settings.ControllerIni.Length > 0)
        {
            await File.WriteAllTextAsync(folders.ControllerSettings, settings.ControllerIni, cancellationToken);
            told = ["--settings", folders.ControllerSettings];
        }

        site.controller = OwnProcess.Start(
            "controller", folders.Controller, [.. told, "--state", folders.ControllerState, "--listen", listen], folders.Logs);
        try
        {
            await site.UntilAsync(site.controller, "the controller is ready", async () =>
            {
                if (File.GetLastWriteTimeUtc(siteFile) == before || SiteFile.Read(folders.ControllerState) is null) return false;
                site.Client ??= SiteClient.Open(folders.ControllerState);
                return await site.Client.StatusAsync(cancellationToken) is not null;
            }, cancellationToken);
            return site;
        }
        catch
        {
            await site.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the agent, enrols it with a join token where it is not yet enrolled, and waits until it has reported to the
    /// site.</summary>
    public async Task StartAgentAsync(CancellationToken cancellationToken)
    {
        var url = SiteFile.Read(Folders.ControllerState)?.Url ?? throw new IOException($"The controller wrote no {SiteFile.Name}.");
        await File.WriteAllTextAsync(Folders.AgentSettings, Settings.Ini(Folders, new Uri(url)), cancellationToken);
        if (!File.Exists(Path.Combine(Folders.AgentState, "node.json")))
        {
            var token = await Client.CreateJoinTokenAsync(new NewJoinToken { Note = "this machine" }, cancellationToken);
            await WriteSecretAsync(Folders.JoinToken, token.Token, cancellationToken);
        }

        agent = OwnProcess.Start("agent", Folders.Agent, ["run", "--settings", Folders.AgentSettings], Folders.Logs);
        await UntilAsync(agent, "the agent has reported to the controller", async () =>
            (await Client.NodesAsync(cancellationToken)).Any(node => node is { State: not null, Lost: false }), cancellationToken);
        // A controller that was just restarted still has the previous agent's report.
        await UntilAsync(
            agent, "the agent replies on its socket", async () => await Agent.AskAsync(new(LocalAsk.Status), cancellationToken) is not null,
            cancellationToken);
    }

    /// <summary>Restarts the agent with other settings; its guests stay.</summary>
    public async Task RestartAgentAsync(SiteSettings settings, CancellationToken cancellationToken)
    {
        if (agent is not null)
        {
            await agent.StopAsync(EndTimeLimit, time);
            await agent.DisposeAsync();
            agent = null;
        }

        Settings = settings;
        await StartAgentAsync(cancellationToken);
    }

    /// <summary>True when every monitor of the agent has read its sources and none found anything to watch: a machine without a
    /// seat.</summary>
    public async Task<bool> IsWithoutSeatAsync(CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            var status = (await Agent.AskAsync(new(LocalAsk.Status), cancellationToken)).Status;
            if (status is not null && status.Obstacles.Any(obstacle => obstacle.Source == LocalObstacle.NothingToWatch)) return true;
            // A monitor that is blind for another reason than a pending first reading has something to watch.
            if (status is not null && (status.Monitors.All(monitor => monitor.Ok) || time.GetElapsedTime(began) > LookPatience))
                return false;
            await Task.Delay(TimeSpan.FromMilliseconds(100), time, cancellationToken);
        }
    }

    /// <summary>Ends what still runs, first the agent, so that it can send its last report. Returns the programs that had to be
    /// killed.</summary>
    public async Task<IReadOnlyList<string>> StopAsync()
    {
        var killed = new List<string>();
        foreach (var process in new[] { agent, controller })
        {
            if (process is not null && !await process.StopAsync(EndTimeLimit, time)) killed.Add(process.Name);
        }

        return killed;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (agent is not null) await agent.DisposeAsync();
        if (controller is not null) await controller.DisposeAsync();
        Client?.Dispose();
    }

    /// <summary>Waits until one of the site's programs has ended by itself, and throws with the reason. Guests of an agent that has ended
    /// are frozen before that: they may still run.</summary>
    public async Task WaitForEndAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAny(new[] { agent, controller }.OfType<OwnProcess>().Select(process => process.Ended)).WaitAsync(cancellationToken);
        if (agent is { HasExited: true }) await FreezeAsync();
        CheckAlive();
    }

    /// <summary>Throws at once, with the end of its log, when one of the site's programs has ended by itself.</summary>
    public void CheckAlive()
    {
        foreach (var process in new[] { agent, controller })
        {
            if (process is not { HasExited: true }) continue;
            throw process.EndedBySignal is { } signal
                ? new ProgramEndedException(process.Name, signal)
                : new IOException($"The {process.Name} ended by itself. The end of {process.LogPath}:\n{process.LogTail()}");
        }
    }

    private async Task FreezeAsync()
    {
        await using var freeze = OwnProcess.Start("freeze", Folders.Agent, ["freeze", "--settings", Folders.AgentSettings], Folders.Logs);
        await Task.WhenAny(freeze.Ended, Task.Delay(EndTimeLimit, time));
        if (!await freeze.StopAsync(EndTimeLimit, time))
            throw new IOException($"The agent has ended and its guests could not be frozen: {freeze.LogTail()}");
    }

    private static async Task WriteSecretAsync(string path, string secret, CancellationToken cancellationToken)
    {
        File.Delete(path);
        await using var file = new FileStream(
            path,
            new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
        await using var writer = new StreamWriter(file);
        await writer.WriteAsync(secret.AsMemory(), cancellationToken);
    }

    private async Task UntilAsync(OwnProcess process, string what, Func<Task<bool>> reached, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var trouble = "";
        while (true)
        {
            if (process.HasExited) throw new IOException(await process.WhyEndedAsync($"before {what}"));
            try
            {
                if (await reached()) return;
            }
            catch (Exception e) when (e is SiteException or IOException)
            {
                trouble = e.Message;
            }

            if (time.GetElapsedTime(began) > StartTimeLimit)
                throw new IOException(
                    $"It took longer than {StartTimeLimit.TotalSeconds} s until {what}. {trouble}\nThe end of "
                        + $"{process.LogPath}:\n{process.LogTail()}");
            await Task.Delay(TimeSpan.FromMilliseconds(100), time, cancellationToken);
        }
    }
}
