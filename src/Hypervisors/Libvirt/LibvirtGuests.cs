using System.Runtime.Versioning;
using Microsoft.Extensions.Logging;
using Opportunism.Core;
using Opportunism.Core.Guests;
using Opportunism.Core.Health;
using Opportunism.Hypervisors.Cgroups;

namespace Opportunism.Hypervisors.Libvirt;

/// <summary>Freezes and holds guests that another program, such as nova-compute, starts through libvirt on Linux. It never starts, stops,
/// saves or deletes one.</summary>
[SupportedOSPlatform("linux")]
public sealed class LibvirtGuests : IForeignGuests
{
    private static readonly TimeSpan ProbeTimeLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ForgetEvery = TimeSpan.FromMinutes(1);

    private readonly Lock publishing = new();
    private readonly CgroupFreezer cgroup;
    private readonly LibvirtHost host;
    private readonly DomainWatch watch;
    private readonly DomainHolder holder;
    private readonly ITimer forgetting;
    private IReadOnlyList<GuestStatus> statuses = [];
    private IReadOnlyList<HealthItem> health = [];
    private HealthItem? unprotected;
    private IReadOnlySet<GuestId> pausedByCloud = new HashSet<GuestId>();
    private int inMemory;
    private int paused;
    private bool disposed;

    /// <exception cref="IOException">Guests could not be frozen on this machine; the message has the remedy.</exception>
    public LibvirtGuests(LibvirtSettings settings, TimeProvider time, ILogger<LibvirtGuests> log)
    {
        var cgroups = GuestCgroups.Make(settings.Cgroup, CgroupMounts.Find());
        cgroup = new CgroupFreezer(cgroups.Parent, cgroups.CpuRank);
        var connection = new LibvirtConnection(settings.Uri, Publish);
        host = new LibvirtHost(
            settings, cgroups, new LibvirtFreezer(cgroup), new HeldDomains(settings.StateFolder), connection, time, log, Publish);
        watch = new DomainWatch(host, new DomainFolder(settings.RunFolder));
        holder = new DomainHolder(host);
        forgetting = time.CreateTimer(_ => _ = ForgetGoneAsync(), null, ForgetEvery, ForgetEvery);
    }

    /// <inheritdoc/>
    public event Action? GuestsChanged;

    /// <inheritdoc/>
    public string Name => "libvirt";

    /// <inheritdoc/>
    public T Match<T>(Func<IHypervisor, T> ownGuests, Func<IForeignGuests, T> foreignGuests)
    {
        ArgumentNullException.ThrowIfNull(foreignGuests);
        return foreignGuests(this);
    }

    /// <inheritdoc/>
    public IGuestFreezer Freezer => host.Freezer;

    /// <inheritdoc/>
    public int GuestsInMemory => Volatile.Read(ref inMemory);

    /// <inheritdoc/>
    public int PausedGuests => Volatile.Read(ref paused);

    /// <inheritdoc/>
    public IReadOnlyList<GuestStatus> Guests => Volatile.Read(ref statuses);

    /// <inheritdoc/>
    public IReadOnlyList<HealthItem> Health => Volatile.Read(ref health);

    /// <inheritdoc/>
    public HealthItem? Unprotected => Volatile.Read(ref unprotected);

    /// <inheritdoc/>
    public Task RecoverAsync(CancellationToken cancellationToken)
    {
        // The brake before a restart may have been SIGSTOP: the first thaw sends SIGCONT, which has no effect on others.
        host.Freezer.NoteSignalled();
        host.Freezer.FreezeAll();
        watch.Start();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<HypervisorProbe> ProbeAsync(CancellationToken cancellationToken)
    {
        var version = "";
        try
        {
            version = await host.Connection.VersionAsync().WaitAsync(ProbeTimeLimit, host.Time, cancellationToken);
        }
        catch (Exception exception) when (exception is LibvirtException or TimeoutException)
        {
            version = "(not connected yet)";
        }

        return new HypervisorProbe("libvirt", version, host.Cgroups.Health);
    }

    /// <inheritdoc/>
    public async Task<GuestAnswer> HoldAllAsync(CancellationToken cancellationToken)
    {
        var answer = await holder.HoldAllAsync(cancellationToken);
        // While the cgroup of all is thawed, a domain that started since must be frozen separately.
        watch.Wake();
        return answer;
    }

    /// <inheritdoc/>
    public Task<GuestAnswer> ReleaseAsync(GuestId id, CancellationToken cancellationToken) => ReleaseAsync(id, null, cancellationToken);

    /// <inheritdoc/>
    public Task<GuestAnswer> LetLeaveAsync(GuestId id, TimeSpan within, CancellationToken cancellationToken) =>
        ReleaseAsync(id, within, cancellationToken);

    /// <inheritdoc/>
    public void LeavePaused(IReadOnlySet<GuestId> paused)
    {
        if (pausedByCloud.SetEquals(paused)) return;
        pausedByCloud = paused;
        Publish();
    }

    /// <summary>Detaches from every domain without changing any: they stay as they are and the next run finds them.</summary>
    public async ValueTask DisposeAsync()
    {
        disposed = true;
        await forgetting.DisposeAsync();
        watch.Dispose();
        host.Connection.Dispose();
        cgroup.Publish([]);
        lock (host.Gate)
        {
            foreach (var domain in host.Domains.Values) domain.Process.Dispose();
            host.Domains.Clear();
        }

        cgroup.Dispose();
        host.Cgroups.Dispose();
    }

    private Task<GuestAnswer> ReleaseAsync(GuestId id, TimeSpan? leavesWithin, CancellationToken cancellationToken)
    {
        Domain? domain;
        lock (host.Gate) domain = host.Domains.GetValueOrDefault(id);
        return domain is null
            ? Task.FromResult(new GuestAnswer(GuestOutcome.Refused, $"There is no guest {id} on this node."))
            : holder.ReleaseAsync(domain, leavesWithin, cancellationToken);
    }

    /// <summary>Forgets domains that were held when they left and that libvirt no longer has.</summary>
    private async Task ForgetGoneAsync()
    {
        string[] gone;
        lock (host.Gate) gone = [.. host.Held.All.Where(id => !host.Domains.ContainsKey(GuestId.Parse(id)))];
        foreach (var id in gone)
        {
            try
            {
                if (await host.Connection.ExistsAsync(Guid.ParseExact(id, "N").ToString("D"))) continue;
            }
            catch (LibvirtException)
            {
                return; // retried the next time
            }

            lock (host.Gate) host.Held.Forget(GuestId.Parse(id));
        }
    }

    /// <summary>Publishes a consistent state: the list, the number in memory, and the processes that the brake reaches.</summary>
    private void Publish()
    {
        lock (publishing)
        {
            // A connection reports its changes from its own thread, also before everything else exists and after it is disposed.
            if (host is null || disposed) return;
            lock (host.Gate)
            {
                cgroup.Publish([.. host.Domains.Values.Select(domain => domain.Frozen)]);
                var now = host.Domains.Values.Select(domain => domain.Status(host.Held.Contains(domain.Id)))
                    .OrderBy(status => status.Id.Value, StringComparer.Ordinal).ToArray();
                Volatile.Write(ref paused, now.Count(status => status.Phase is GuestPhase.Held && pausedByCloud.Contains(status.Id)));
                Volatile.Write(ref inMemory, now.Length);
                Volatile.Write(ref statuses, now);
                var items = LibvirtHealth.Of(host, watch).ToArray();
                Volatile.Write(
                    ref unprotected, items.FirstOrDefault(item => item.Code is LibvirtHealth.Outside or LibvirtHealth.Unreadable));
                Volatile.Write(ref health, items);
            }
        }

        GuestsChanged?.Invoke();
    }
}
