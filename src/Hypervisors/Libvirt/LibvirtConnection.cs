using System.Runtime.Versioning;

namespace Opportunism.Hypervisors.Libvirt;

/// <summary>Keeps a connection to libvirt. Each request runs on a thread of its own: libvirt replies only when QEMU does.</summary>
[SupportedOSPlatform("linux")]
internal sealed unsafe class LibvirtConnection : IDisposable
{
    // Two missed replies after 5 s each; a daemon that does not reply to its keep-alive in that time hangs.
    private const int KeepAliveSeconds = 5;
    private const int KeepAliveMisses = 2;

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    private static readonly Lock Starting = new();
    private static bool started;

    private readonly string uri;
    private readonly Action onChanged;
    private readonly Lock gate = new();
    private readonly ManualResetEvent ended = new(false);
    private nint connection;
    private bool disposed;
    private string trouble = "It is being connected to.";

    /// <param name="uri">libvirt's address.</param>
    /// <param name="onChanged">Called when it was connected or disconnected.</param>
    public LibvirtConnection(string uri, Action onChanged)
    {
        (this.uri, this.onChanged) = (uri, onChanged);
        // Opening blocks while the daemon hangs; no other thread may wait for that, and it cannot be ended, so the program's end does not
        // wait for it either.
        new Thread(Keep) { Name = "libvirt", IsBackground = true }.Start();
    }

    /// <summary>True while the daemon is connected.</summary>
    public bool IsOpen => Volatile.Read(ref connection) != 0;

    /// <summary>The library is not installed.</summary>
    public bool IsMissing { get; private set; }

    /// <summary>Why it is not open.</summary>
    public string Trouble => Volatile.Read(ref trouble);

    /// <summary>Asks libvirt to pause a domain's vCPUs; done when QEMU has confirmed it.</summary>
    /// <param name="uuid">The domain.</param>
    /// <param name="onAsking">Called just before the request.</param>
    public Task SuspendAsync(string uuid, Action onAsking) => WithDomainAsync(uuid, domain =>
    {
        onAsking();
        Check(LibvirtNative.Suspend(domain));
        return true;
    });

    /// <summary>Asks libvirt to resume a domain's vCPUs; done when QEMU has confirmed it.</summary>
    public Task ResumeAsync(string uuid) => WithDomainAsync(uuid, domain =>
    {
        Check(LibvirtNative.Resume(domain));
        return true;
    });

    /// <summary>Returns true once a command for this domain is in QEMU's socket; false when it is not after this time.</summary>
    /// <remarks>The thread may get libvirt's reply long after its caller has stopped waiting, so it has nothing that the caller could
    /// dispose of.</remarks>
    public Task<bool> UntilCommandSentAsync(string uuid, TimeSpan atMost, TimeProvider time)
    {
        var began = time.GetTimestamp();
        return WithDomainAsync(uuid, domain =>
        {
            using var pause = new ManualResetEventSlim();
            do
            {
                LibvirtNative.ControlState state;
                Check(LibvirtNative.GetControlState(domain, &state, 0));
                if (state.State == LibvirtNative.ControlOccupied) return true;
                pause.Wait(TimeSpan.FromMilliseconds(1));
            }
            while (time.GetElapsedTime(began) < atMost);

            return false;
        });
    }

    /// <summary>Whether libvirt has a domain, running or not.</summary>
    public Task<bool> ExistsAsync(string uuid) => OnOwnThread(connection =>
    {
        var domain = LibvirtNative.FindDomain(connection, uuid);
        if (domain == 0)
            return LibvirtNative.LastErrorCode() == LibvirtNative.ErrorNoDomain
                ? false
                : throw new LibvirtException(LibvirtNative.LastError());
        _ = LibvirtNative.FreeDomain(domain);
        return true;
    });

    /// <summary>The version of the daemon, such as 9.0.0.</summary>
    public Task<string> VersionAsync() => OnOwnThread(connection =>
    {
        nuint version;
        Check(LibvirtNative.GetVersion(connection, &version));
        return $"{version / 1_000_000}.{version / 1000 % 1000}.{version % 1000}";
    });

    public void Dispose()
    {
        nint last;
        lock (gate)
        {
            disposed = true;
            (last, connection) = (connection, 0);
        }

        if (last != 0) _ = LibvirtNative.Close(last);
        ended.Set();
    }

    private Task<T> WithDomainAsync<T>(string uuid, Func<nint, T> ask) => OnOwnThread(connection =>
    {
        var domain = LibvirtNative.FindDomain(connection, uuid);
        if (domain == 0) throw new LibvirtException(LibvirtNative.LastError());
        try
        {
            return ask(domain);
        }
        finally
        {
            _ = LibvirtNative.FreeDomain(domain);
        }
    });

    private Task<T> OnOwnThread<T>(Func<nint, T> ask)
    {
        nint used;
        lock (gate)
        {
            used = connection;
            if (used == 0) return Task.FromException<T>(new LibvirtException(Trouble));
            // The connection may be closed while this thread waits for it.
            _ = LibvirtNative.Reference(used);
        }

        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            try
            {
                answer.SetResult(ask(used));
            }
            catch (Exception exception)
            {
                // An exception that leaves a thread ends the agent, and with it the protection of the owner.
                answer.SetException(exception);
            }
            finally
            {
                _ = LibvirtNative.Close(used);
            }
        })
        { Name = "libvirt call", IsBackground = true }.Start();
        return answer.Task;
    }

    private static void Check(int answer)
    {
        if (answer < 0) throw new LibvirtException(LibvirtNative.LastError());
    }

    private void Keep()
    {
        try
        {
            RunEventLoop();
            do
            {
                if (!IsOpen) Open();
                else if (LibvirtNative.IsAlive(connection) != 1) Lose();
            }
            while (!ended.WaitOne(LookEvery));
        }
        catch (DllNotFoundException)
        {
            IsMissing = true;
            Volatile.Write(ref trouble, "The library libvirt.so.0 is not installed.");
            onChanged();
        }

        ended.WaitOne();
        ended.Dispose();
    }

    private void Open()
    {
        var opened = LibvirtNative.Open(uri);
        if (opened == 0)
        {
            Say(LibvirtNative.LastError());
            return;
        }

        _ = LibvirtNative.SetKeepAlive(opened, KeepAliveSeconds, KeepAliveMisses);
        lock (gate)
        {
            if (!disposed) (connection, opened) = (opened, 0);
        }

        if (opened != 0) _ = LibvirtNative.Close(opened);
        else onChanged();
    }

    private void Lose()
    {
        nint lost;
        lock (gate) (lost, connection) = (connection, 0);
        if (lost != 0) _ = LibvirtNative.Close(lost);
        Volatile.Write(ref trouble, "The connection broke, or libvirt did not reply for 10 s.");
        onChanged();
    }

    private void Say(string sentence)
    {
        if (Interlocked.Exchange(ref trouble, sentence) != sentence) onChanged();
    }

    /// <summary>libvirt's keep-alive needs an event loop; one serves every connection of the program, for as long as it runs.</summary>
    private static void RunEventLoop()
    {
        lock (Starting)
        {
            if (started) return;
            LibvirtNative.SetErrorFunction(null, &LibvirtNative.Ignore);
            if (LibvirtNative.RegisterEventLoop() < 0 || LibvirtNative.AddTimeout(1000, &LibvirtNative.Tick, null, null) < 0) return;
            new Thread(() =>
            {
                while (LibvirtNative.RunEventLoopOnce() == 0)
                {
                    // The library does all the work.
                }
            })
            { Name = "libvirt events", IsBackground = true }.Start();
            started = true;
        }
    }
}
