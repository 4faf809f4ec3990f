using System.Runtime.Versioning;
using Opportunism.Agent.Platform.Linux.Kernel;

namespace Opportunism.Agent.Monitors.Linux;

/// <summary>All X displays of this machine, watched or known to be unwatchable. Used only by the monitor's thread.</summary>
[SupportedOSPlatform("linux")]
internal sealed class X11DisplaySet(string folder, IgnoreList ignore, IActivitySink activity, TimeProvider time) : IDisposable
{
    private readonly SortedDictionary<int, X11Display> displays = [];

    // Displays without a server, and the program that starts one for each client that connects; checked again at each scan.
    private readonly SortedDictionary<int, string> onDemand = [];

    /// <summary>The watched ones, in the order of poll's list.</summary>
    public X11Display[] Watched { get; private set; } = [];

    /// <summary>The first display whose user is active; null while there is none.</summary>
    public ActivitySource? Active
    {
        get
        {
            foreach (var display in Watched)
            {
                if (display.Active) return display.Source;
            }

            return null;
        }
    }

    /// <summary>True when there is a display that cannot be watched.</summary>
    public bool AnyBlind => displays.Count > Watched.Length;

    /// <summary>True when the last scan found a socket without a listener: left behind, or of a server that is just starting.</summary>
    public bool AnyRefused { get; private set; }

    /// <summary>Looks for added displays, and retries those that could not be watched. True when one was added or removed.</summary>
    public bool Scan()
    {
        var changed = false;
        AnyRefused = false;
        onDemand.Clear();
        X11Listeners? listeners = null;
        var found = X11Displays.Find(folder);
        foreach (var gone in displays.Values.Where(display => display.Blind is not null && !found.ContainsKey(display.Number)).ToList())
            changed |= Remove(gone);
        foreach (var (number, address) in found)
        {
            if (ignore.Has($":{number}")) continue;
            var known = displays.GetValueOrDefault(number);
            if (known is { Blind: null }) continue;
            listeners ??= X11Listeners.Read();
            if (listeners.StarterOf(address) is { } starter)
            {
                onDemand.Add(number, starter);
                if (known is not null) changed |= Remove(known);
                continue;
            }

            var display = X11Display.Open(number, address, activity, time);
            AnyRefused |= display is null;
            if (known is not null) changed |= Remove(known) && display is null;
            if (display is null) continue;
            displays.Add(number, display);
            changed |= known is null;
        }

        Watched = [.. displays.Values.Where(display => display.Blind is null)];
        return changed;
    }

    /// <summary>Handles the events of the servers. False when a display has gone or can no longer be watched.</summary>
    /// <param name="entries">Poll's result for each of <see cref="Watched"/>.</param>
    public bool TakeEvents(ReadOnlySpan<Libc.PollEntry> entries)
    {
        var same = true;
        for (var i = 0; i < Watched.Length; i++)
        {
            if (entries[i].Returned != 0) same &= Kept(Watched[i], Watched[i].TakeEvents());
        }

        if (!same) Watched = [.. displays.Values.Where(display => display.Blind is null)];
        return same;
    }

    /// <summary>Checks whether every server still replies. False when a display has gone or can no longer be watched.</summary>
    public bool Look()
    {
        var same = true;
        foreach (var display in Watched) same &= Kept(display, display.Look());
        if (!same) Watched = [.. displays.Values.Where(display => display.Blind is null)];
        return same;
    }

    /// <summary>What is watched, and the problems.</summary>
    public MonitorStatus Sight()
    {
        var watched = Watched.Length == 0
            ? "no X display"
            : $"{(Watched.Length == 1 ? "1 X display" : $"{Watched.Length} X displays")} ({Names(Watched)})";
        foreach (var (number, starter) in onDemand) watched += $"; :{number} has no X server yet ({starter} starts one on demand)";
        var blind = displays.Values.Where(display => display.Blind is not null).ToList();
        return blind.Count == 0
            ? new(Watched.Length, Blind: false, watched, [])
            : new(Watched.Length, Blind: true, $"{watched}, but cannot watch {Names(blind)}", [.. blind.Select(display => display.Blind!)]);
    }

    public void Dispose()
    {
        foreach (var display in displays.Values) display.Dispose();
        displays.Clear();
        Watched = [];
    }

    private static string Names(IEnumerable<X11Display> displays) => string.Join(", ", displays.Select(display => $":{display.Number}"));

    private bool Kept(X11Display display, bool there)
    {
        if (!there) Remove(display);
        return there && display.Blind is null;
    }

    private bool Remove(X11Display display)
    {
        display.Dispose();
        return displays.Remove(display.Number);
    }
}
