using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Opportunism.Contracts.Api;
using Opportunism.Controller;
using Opportunism.Controller.CloudActions;
using Opportunism.Controller.Settings;
using Opportunism.Core;
using Opportunism.Server;
using Opportunism.Server.Access;
using Opportunism.Server.Hosting;
using Opportunism.Server.State;

namespace Opportunism.TestKit.Sites;

/// <summary>A whole controller in this process, on loopback with TLS and a state folder of its own.</summary>
public sealed class TestSite : IAsyncDisposable
{
    private readonly bool ownsFolder;
    private Action<ControllerSettings> change = _ => { };
    private WebApplication? app;
    private StateFolder? state;

    private TestSite(TimeProvider time, string folder, bool ownsFolder)
    {
        Time = time;
        Folder = folder;
        this.ownsFolder = ownsFolder;
    }

    /// <summary>The controller's clock.</summary>
    public TimeProvider Time { get; }

    /// <summary>Its state folder.</summary>
    public string Folder { get; }

    /// <summary>Its log lines, newest last.</summary>
    public RecordedLog Log { get; } = new();

    /// <summary>The address on which it listens.</summary>
    public Uri Url { get; private set; } = new("https://127.0.0.1");

    /// <summary>Its CA.</summary>
    public string CaFingerprint { get; private set; } = "";

    /// <summary>A client with the local admin's token.</summary>
    public SiteClient Admin { get; private set; } = null!;

    internal IServiceProvider Parts => app!.Services;

    /// <summary>Starts a site. <paramref name="time"/> is the real clock unless a test moves its own.</summary>
    public static Task<TestSite> StartAsync(TimeProvider? time = null) => StartAsync(time, _ => { });

    internal static async Task<TestSite> StartAsync(
        TimeProvider? time, Action<ControllerSettings> change, Action<WebApplicationBuilder>? more = null)
    {
        // In memory where possible: effects of the disk are tested with the real process.
        var folder = Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"site-{Guid.NewGuid():N}");
        var site = new TestSite(time ?? TimeProvider.System, folder, ownsFolder: true);
        site.change = change;
        try
        {
            await site.RunAsync(more);
            return site;
        }
        catch
        {
            await site.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends the controller and starts one with the same settings and state folder.</summary>
    public Task RestartAsync() => RestartAsync(change);

    /// <summary>Ends the controller and starts one with other settings on the same state folder.</summary>
    internal async Task RestartAsync(Action<ControllerSettings> other)
    {
        await StopAsync();
        change = other;
        await RunAsync(null);
    }

    /// <summary>Enrols a new node.</summary>
    public async Task<FakeAgent> EnrolAsync(string name)
    {
        var minted = await Admin.CreateJoinTokenAsync(new NewJoinToken());
        return await FakeAgent.EnrolAsync(this, minted.Token, name);
    }

    /// <summary>Uploads a small image of random bytes.</summary>
    public async Task<(ImageView Image, byte[] Content)> UploadAsync(string name, int bytes = 100_000)
    {
        var content = new byte[bytes];
        Random.Shared.NextBytes(content);
        return (await Admin.UploadImageAsync(name, Core.Guests.ImageFormat.Raw, new MemoryStream(content), bytes), content);
    }

    /// <summary>Waits for an event of that kind about that node or VM; earlier events count too.</summary>
    public async Task<EventView> EventAsync(string kind, string? about = null, long after = 0)
    {
        // Generous for a busy machine; a test that waits this long has failed.
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await foreach (var item in Admin.WatchEventsAsync(after, TimeProvider.System, deadline.Token))
        {
            if (item.Kind == kind && (about is null || item.Node == about || item.Vm == about)) return item;
        }

        throw new InvalidOperationException($"No event {kind} about {about} came.");
    }

    /// <summary>Waits until a VM has that status.</summary>
    public async Task<VmView> VmAsync(string idOrName, Core.Fleet.VmStatus status)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var vm = await Admin.VmAsync(idOrName, deadline.Token);
        var newest = 0L;
        while (vm.Status != status)
        {
            await foreach (var item in Admin.WatchEventsAsync(newest, TimeProvider.System, deadline.Token))
            {
                newest = item.Id;
                if (item.Vm == vm.Id) break;
            }

            vm = await Admin.VmAsync(vm.Id, deadline.Token);
        }

        return vm;
    }

    /// <summary>Waits until a node's worker has done everything that is due by the site's clock: a test that moves the clock earlier would
    /// make requests time out that take no time.</summary>
    public async Task RestsAsync(string node)
    {
        var worker = Parts.GetRequiredService<CloudWorkers>().Of(NodeId.Parse(node))!;
        var began = TimeProvider.System.GetTimestamp();
        while (!(worker.ComparesAgain > Time.GetUtcNow()))
        {
            if (TimeProvider.System.GetElapsedTime(began) > TimeSpan.FromSeconds(20))
                throw new TimeoutException($"The worker of {node} does not come to rest: {worker.Pending}");
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (ownsFolder) Directory.Delete(Folder, recursive: true);
    }

    private async Task RunAsync(Action<WebApplicationBuilder>? more)
    {
        var settings =
            new ControllerSettings(new ControllerOptions { Listen = "127.0.0.1:0", State = Folder, KeepFreeMiB = 0 }, new SiteTimes());
        change(settings);
        state = new StateFolder(Folder);
        app = ControllerHost.Build(settings, state, Time, builder =>
        {
            builder.Logging.ClearProviders();
            builder.Logging.AddProvider(Log);
            more?.Invoke(builder);
        });
        try
        {
            await ControllerHost.StartAsync(app, state, CancellationToken.None);
        }
        catch (CannotStartException)
        {
            await app.DisposeAsync();
            state.Dispose();
            app = null;
            throw;
        }

        Url = new Uri(ServerHost.UrlOf(app));
        CaFingerprint = app.Services.GetRequiredService<ServerKeys>().CaFingerprint;
        Admin = SiteClient.Open(Folder);
    }

    private async Task StopAsync()
    {
        // After a refused start nothing runs.
        if (app is null) return;
        Admin.Dispose();
        await app.StopAsync();
        await app.DisposeAsync();
        state!.Dispose();
        app = null;
    }
}
