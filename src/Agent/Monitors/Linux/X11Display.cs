using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Opportunism.Agent.Platform.Linux.Kernel;
using Opportunism.Core.Health;

namespace Opportunism.Agent.Monitors.Linux;

/// <summary>One X display: connected and watched, or known to exist and not to be watched.</summary>
/// <remarks>
/// It is <em>armed</em> while its user is idle: the server reports the first activity at once. From then on the user is <em>active</em>,
/// and the server sends nothing until the user has been idle for as long as monitors may ignore events; until then it is not queried, since
/// no event means activity. Used only by the monitor's thread.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed class X11Display : IDisposable
{
    private readonly IActivitySink activity;
    private X11Connection? server;
    private X11Idle? idle;

    // Set while events are handled and acted on afterwards: a query to the server may return the next event first.
    private bool idleNews;

    private X11Display(int number, IActivitySink activity)
    {
        Number = number;
        Source = new($":{number}", "", MovesByItself: true);
        this.activity = activity;
    }

    public int Number { get; }

    /// <summary>The display as a source of activity. Its server does not distinguish keys from pointers, and a pointer may move by
    /// itself.</summary>
    public ActivitySource Source { get; }

    /// <summary>Why it cannot be watched; null when it is watched.</summary>
    public HealthItem? Blind { get; private set; }

    /// <summary>True from the first activity until the user has been idle for as long as monitors may ignore events.</summary>
    public bool Active { get; private set; }

    /// <summary>For poll's list; only while it is watched.</summary>
    public int Descriptor => server!.Descriptor;

    /// <summary>Connects to a display and begins to watch it. Null when there is no server behind the socket.</summary>
    public static X11Display? Open(int number, string address, IActivitySink activity, TimeProvider time)
    {
        var display = new X11Display(number, activity);
        try
        {
            return display.Connect(address, time) ? display : null;
        }
        catch (Exception failure) when (failure is IOException or TimeoutException or InvalidDataException)
        {
            display.GiveUp(
                "no-answer", $"The X display :{number} does not reply as expected: {failure.Message}",
                "Look at the X server's log, or put ':" + number
                + "' on [Monitors] Ignore if no one uses it. It is retried automatically.");
            return display;
        }
    }

    /// <summary>Handles the events of the server. False when the server is gone.</summary>
    public bool TakeEvents() => Try(static display => display.idle!.TakeEvents());

    /// <summary>Queries how long the server's user has been idle, which also proves that the server replies. False when it is
    /// gone.</summary>
    public bool Look() => Blind is not null || Try(static display =>
    {
        var now = display.idle!.Query();
        if (now < IActivityMonitor.IgnoresEventsFor) display.activity.Seen(now, display.Source);

        // The event about idleness or activity was dropped, or is on its way.
        if (display.Active && now > IActivityMonitor.IgnoresEventsFor * 2) display.BecameIdle();
        else if (!display.Active && now < IActivityMonitor.IgnoresEventsFor / 4) display.BecameActive(now);
    });

    public void Dispose() => server?.Dispose();

    private bool Connect(string address, TimeProvider time)
    {
        string? refusal = null;
        var first = X11Connection.Open(address, time, out var error);
        if (first is null) return Unreachable(error);
        var (process, user) = first.Peer();
        List<(byte[]? Cookie, int User)> ways = [.. X11Displays.Cookies(Number, process, user).Select(cookie => (cookie, 0)), (null, 0)];

        // Xwayland of many compositors has no cookies and accepts only its own user.
        if (user > 0) ways.Add((null, user));
        foreach (var (cookie, actingAs) in ways)
        {
            server = first ?? X11Connection.Open(address, time, out error, actingAs);
            first = null;
            if (server is null && actingAs == 0) return Unreachable(error);
            if (server is null) break; // not even reached as that user: the refusal before stays the reason
            refusal = server.SetUp(cookie);
            if (refusal is null) break;
            server.Dispose();
        }

        if (refusal is not null)
        {
            GiveUp(
                "no-cookie", $"The X display :{Number} refused the agent: {refusal}",
                "Run the agent as root, so that it finds the display's cookie (the file after -auth on the X server's command line, or "
                + "XAUTHORITY of its session).");
            return true;
        }

        idle = new X11Idle(server!, Handle);
        if (idle.Start() is { } missing)
        {
            GiveUp(
                "no-idle-time", $"The X server of display :{Number} lacks {missing}.",
                "Use an X server with the SYNC extension (any of X.Org's), or put ':" + Number
                + "' on [Monitors] Ignore if no one uses it.");
            return true;
        }

        BecameIdle();
        return true;
    }

    private bool Unreachable(int error)
    {
        // No program listens: a file left behind by a server that has ended.
        if (error is Libc.ECONNREFUSED or Libc.ENOENT) return false;
        GiveUp(
            "unreachable", $"The X display :{Number} cannot be reached: {Marshal.GetPInvokeErrorMessage(error)}.",
            "Run the agent as root. If it does already, look whether the X server hangs. It is retried automatically.");
        return true;
    }

    private void Handle(X11IdleEvent news)
    {
        // An event of the other state, which a query has overtaken.
        if (news == X11IdleEvent.Active && !Active)
        {
            activity.Seen(Source);
            Active = true;
            idle!.AwaitIdle();
        }
        else if (news == X11IdleEvent.Idle && Active)
        {
            idleNews = true;
        }
    }

    private void BecameIdle()
    {
        Active = false;
        var since = idle!.AwaitActivity();
        activity.Seen(since, Source);

        // Activity while the alarm was being set may have been missed.
        if (since < IActivityMonitor.IgnoresEventsFor) BecameActive(since);
    }

    private void BecameActive(TimeSpan ago)
    {
        activity.Seen(ago, Source);
        Active = true;
        idle!.AwaitIdle();
    }

    private bool Try(Action<X11Display> step)
    {
        try
        {
            step(this);
            while (idleNews)
            {
                idleNews = false;
                if (Active) BecameIdle();
            }

            return true;
        }
        catch (EndOfStreamException)
        {
            return false;
        }
        catch (Exception failure) when (failure is IOException or TimeoutException or InvalidDataException)
        {
            GiveUp(
                "no-answer", $"The X display :{Number} no longer replies as expected: {failure.Message}",
                "Look whether the X server hangs, and at its log. It is retried automatically.");
            return true;
        }
    }

    private void GiveUp(string code, string sentence, string remedy)
    {
        server?.Dispose();
        server = null;
        Active = false;
        Blind = new($"monitor.x11.{code}", HealthSeverity.Error, sentence, remedy);
    }
}
