using System.Globalization;
using System.Runtime.Versioning;
using Opportunism.Hypervisors.Linux;

namespace Opportunism.Hypervisors.Libvirt;

/// <summary>Finds libvirt's domains as they come and go, takes their processes into the guests' cgroup, and keeps still who must not run.</summary>
/// <remarks>
/// It asks the kernel and libvirt's files alone, so it works whether libvirt does or not. One thread of its own, woken by every
/// change of a file in the driver's folder. A domain's process shows there a fifth of a second before its vCPUs first run.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed partial class DomainWatch(LibvirtHost host, DomainFolder folder) : IDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    // Between its process's start and its becoming QEMU nothing tells; it takes 10 to 50 ms.
    private static readonly TimeSpan LookSoon = TimeSpan.FromMilliseconds(5);

    // A start that takes longer than this many short looks is a status file that was left behind.
    private const int MostSoonLooks = 2000;

    // libvirt gives a request up that has waited for 30 s (QEMU_JOB_WAIT_TIME); after that none of ours is under way.
    private static readonly TimeSpan RequestsAreOver = TimeSpan.FromSeconds(35);

    // A cgroup takes as much as its domain was given: what that is, is the cloud's business.
    private const long NoLimit = 1L << 60;

    private readonly AutoResetEvent wake = new(false);
    private readonly HashSet<string> unreadable = [];
    private Thread? thread;
    private FileSystemWatcher? watcher;
    private int soonLooks;
    private volatile bool ended;

    /// <summary>Status files that could not be read; their domains are not protected.</summary>
    public IReadOnlyCollection<string> Unreadable { get; private set; } = [];

    /// <summary>Looks once, so that everything there is now is known, and from then on until disposed.</summary>
    public void Start()
    {
        foreach (var id in host.Cgroups.Children()) host.Cgroups.FreezeChild(id, frozen: false);
        Look();
        thread = new Thread(Run) { Name = "libvirt domains", IsBackground = true };
        thread.Start();
    }

    /// <summary>Looks again at once.</summary>
    public void Wake() => wake.Set();

    public void Dispose()
    {
        ended = true;
        wake.Set();
        thread?.Join();
        watcher?.Dispose();
        Retired = null;
        // Not the event: the watcher may just be telling of a change.
    }

    private void Run()
    {
        while (!ended)
        {
            var next = LookEvery;
            try
            {
                Watch();
                next = Look();
            }
            catch (Exception exception)
            {
                // The top of a long-lived loop: without it new domains would not be found.
                LogFault(host.Log, exception);
            }

            wake.WaitOne(next);
        }
    }

    // The folder is there from libvirt's first start on.
    private void Watch()
    {
        if (watcher is not null || !Directory.Exists(folder.Path)) return;
        watcher = new FileSystemWatcher(folder.Path) { NotifyFilter = NotifyFilters.FileName | NotifyFilters.LastWrite };
        watcher.Created += (_, _) => Wake();
        watcher.Renamed += (_, _) => Wake();
        watcher.Deleted += (_, _) => Wake();
        watcher.EnableRaisingEvents = true;
    }

    private TimeSpan Look()
    {
        var soon = false;
        bool changed;
        lock (host.Gate)
        {
            var before = host.Domains.Values.Select(domain => (domain.Id, domain.Status(true), domain.Joined)).ToArray();
            unreadable.Clear();
            foreach (var file in folder.Read((path, why) => NoteUnreadable(path, why))) soon |= !TakeUpLocked(file);
            foreach (var domain in host.Domains.Values.Where(domain => !domain.Process.IsAlive).ToArray()) RetireLocked(domain);
            foreach (var domain in host.Domains.Values) SettleLocked(domain);
            foreach (var id in host.Cgroups.Children().Where(id => !host.Domains.ContainsKey(id)).ToArray()) host.Cgroups.RemoveChild(id);
            host.Held.SaveLater();
            changed = !before.SequenceEqual(host.Domains.Values.Select(domain => (domain.Id, domain.Status(true), domain.Joined))) || !Unreadable.SequenceEqual(unreadable);
            Unreadable = [.. unreadable];
        }

        if (changed) host.Changed();
        soonLooks = soon ? soonLooks + 1 : 0;
        return soon && soonLooks < MostSoonLooks ? LookSoon : LookEvery;
    }

    /// <summary>Takes in what a status file says now.</summary>
    /// <returns>False when its process is about to be there.</returns>
    private bool TakeUpLocked(DomainFile file)
    {
        if (host.Domains.TryGetValue(file.Id, out var known))
        {
            if (known.Process.IsAlive && known.Process.Pid == file.Pid)
            {
                known.File = file;
                return true;
            }

            if (known.Process.IsAlive) return true; // it is on its way out, or the next one's file is not complete yet
            RetireLocked(known);
        }

        if (file.Pid == 0 || DomainFolder.FindProcess(file) is not { } process) return file.State != DomainState.Starting;
        var domain = new Domain(process, file) { FoundAt = host.Time.GetTimestamp() };
        host.Domains[file.Id] = domain;
        JoinLocked(domain);
        LogFound(host.Log, domain.Id, process.Pid, file.State.ToString());
        return true;
    }

    private void JoinLocked(Domain domain)
    {
        // libvirt may keep cgroups of its own and move the process there while it starts.
        if (domain.Joined && host.Cgroups.Holds(domain.Id, domain.Process.Pid)) return;
        var pid = domain.Process.Pid.ToString(CultureInfo.InvariantCulture);
        foreach (var procs in host.Cgroups.MakeChild(domain.Id, NoLimit)) LinuxFiles.TryControl(procs, pid);
        domain.Joined = host.Cgroups.Holds(domain.Id, domain.Process.Pid);
        if (!domain.Joined && domain.Process.IsAlive) LogNotJoined(host.Log, domain.Id, domain.Process.Pid);
    }

    private void RetireLocked(Domain domain)
    {
        host.Domains.Remove(domain.Id);
        host.Cgroups.RemoveChild(domain.Id);
        LogGone(host.Log, domain.Id);
        Retired = domain;
    }

    /// <summary>The domain that ended last. Its process object is closed only when the next one ends: the deciding thread may just have been about to signal it.</summary>
    private Domain? Retired
    {
        get;
        set
        {
            field?.Process.Dispose();
            field = value;
        }
    }

    private void SettleLocked(Domain domain)
    {
        JoinLocked(domain);
        var (running, standing) = (domain.File.State == DomainState.Running, host.Freezer.Standing);
        if (domain.LeavesUntil is { } until && (!standing || host.Time.GetTimestamp() >= until)) domain.LeavesUntil = null;
        if (!standing || (!running && domain.Suspending is null))
        {
            host.AloneLocked(domain, frozen: false);
            domain.Sentence = "";
        }
        else if (!host.Freezer.Frozen && !domain.FrozenAlone && domain.Suspending is null && domain.LeavesUntil is null)
        {
            // Somebody let it run, or it has just come: the kernel keeps it still until it is held.
            host.AloneLocked(domain, frozen: true);
            domain.Sentence = "frozen by the kernel on its own until it is held";
        }

        // A daemon that hangs may still do, when it goes on, what it was asked for before.
        if (!running || standing || !host.Connection.IsOpen || !host.Held.Contains(domain.Id))
        {
            domain.RunsSince = null;
            return;
        }

        domain.RunsSince ??= host.Time.GetTimestamp();
        if (!host.Held.IsAsked(domain.Id) || host.Time.GetElapsedTime(domain.RunsSince.Value) > RequestsAreOver) host.Held.Forget(domain.Id);
    }

    private void NoteUnreadable(string path, string why)
    {
        unreadable.Add(path);
        if (!Unreadable.Contains(path)) LogUnreadable(host.Log, path, why);
    }
}
