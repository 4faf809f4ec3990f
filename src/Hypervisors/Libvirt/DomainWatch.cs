using System.Globalization;
using System.Runtime.Versioning;
using Opportunism.Hypervisors.Linux;

namespace Opportunism.Hypervisors.Libvirt;

/// <summary>Finds libvirt's domains as they start and end, moves their processes into the guests' cgroup, and freezes those that must not
/// run.</summary>
/// <remarks>
/// It uses only the kernel and libvirt's files, so it works even when libvirt does not. One thread of its own, woken by every
/// change of a file in the driver's folder. A domain's process appears there a fifth of a second before its vCPUs first run.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed partial class DomainWatch(LibvirtHost host, DomainFolder folder) : IDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    // Nothing signals when a started process becomes QEMU; that takes 10 to 50 ms.
    private static readonly TimeSpan LookSoon = TimeSpan.FromMilliseconds(5);

    // A start that takes longer than this many short checks is a status file that was left behind.
    private const int MostSoonLooks = 2000;

    // libvirt cancels a request that has waited for 30 s (QEMU_JOB_WAIT_TIME); after that none of the agent's is under way.
    private static readonly TimeSpan RequestsAreOver = TimeSpan.FromSeconds(35);

    // No limit on the memory of a cgroup: the cloud decides how much a domain gets.
    private const long NoLimit = 1L << 60;

    private readonly AutoResetEvent wake = new(false);
    private readonly HashSet<string> unreadable = [];
    private Thread? thread;
    private FileSystemWatcher? watcher;
    private int soonLooks;
    private volatile bool ended;

    /// <summary>Status files that could not be read; their domains are not protected.</summary>
    public IReadOnlyCollection<string> Unreadable { get; private set; } = [];

    /// <summary>Checks once, so that every existing domain is known, and from then on until disposed.</summary>
    public void Start()
    {
        foreach (var id in host.Cgroups.Children()) host.Cgroups.FreezeChild(id, frozen: false);
        Look();
        thread = new Thread(Run) { Name = "libvirt domains", IsBackground = true };
        thread.Start();
    }

    /// <summary>Checks again at once.</summary>
    public void Wake() => wake.Set();

    public void Dispose()
    {
        ended = true;
        wake.Set();
        thread?.Join();
        watcher?.Dispose();
        Retired = null;
        // Not the event: the watcher may be reporting a change at this moment.
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

    // The folder exists from libvirt's first start on.
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
            changed = !before.SequenceEqual(host.Domains.Values.Select(domain => (domain.Id, domain.Status(true), domain.Joined)))
                || !Unreadable.SequenceEqual(unreadable);
            Unreadable = [.. unreadable];
        }

        if (changed) host.Changed();
        soonLooks = soon ? soonLooks + 1 : 0;
        return soon && soonLooks < MostSoonLooks ? LookSoon : LookEvery;
    }

    /// <summary>Applies the current content of a status file.</summary>
    /// <returns>False when its process is about to start.</returns>
    private bool TakeUpLocked(DomainFile file)
    {
        if (host.Domains.TryGetValue(file.Id, out var known))
        {
            if (known.Process.IsAlive && known.Process.Pid == file.Pid)
            {
                known.File = file;
                return true;
            }

            if (known.Process.IsAlive) return true; // it is ending, or the file of the next one is not complete yet
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

    /// <summary>The domain that ended last. Its process object is closed only when the next one ends: the deciding thread may just have
    /// been about to signal it.</summary>
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
        var (running, noneMayRun) = (domain.File.State == DomainState.Running, host.Freezer.NoneMayRun);
        if (domain.LeavesUntil is { } until && (!noneMayRun || host.Time.GetTimestamp() >= until)) domain.LeavesUntil = null;
        if (!noneMayRun || (!running && domain.Suspending is null))
        {
            host.AloneLocked(domain, frozen: false);
            domain.Sentence = "";
        }
        else if (!host.Freezer.Frozen && !domain.FrozenAlone && domain.Suspending is null && domain.LeavesUntil is null)
        {
            // Another program let it run, or it is new: the kernel freezes it until it is held.
            host.AloneLocked(domain, frozen: true);
            domain.Sentence = "frozen by the kernel until it is held";
        }

        // A daemon that hangs may still carry out earlier requests when it continues.
        if (!running || noneMayRun || !host.Connection.IsOpen || !host.Held.Contains(domain.Id))
        {
            domain.RunsSince = null;
            return;
        }

        domain.RunsSince ??= host.Time.GetTimestamp();
        if (!host.Held.IsAsked(domain.Id) || host.Time.GetElapsedTime(domain.RunsSince.Value) > RequestsAreOver)
            host.Held.Forget(domain.Id);
    }

    private void NoteUnreadable(string path, string why)
    {
        unreadable.Add(path);
        if (!Unreadable.Contains(path)) LogUnreadable(host.Log, path, why);
    }
}
