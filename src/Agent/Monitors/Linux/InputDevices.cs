using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Opportunism.Agent.Platform.Linux.Kernel;
using Opportunism.Core.Health;

namespace Opportunism.Agent.Monitors.Linux;

/// <summary>The input devices of this machine that a person uses: finds them, opens them, and lists those that it could not open.</summary>
/// <remarks>Used only by the input monitor's thread.</remarks>
[SupportedOSPlatform("linux")]
internal sealed class InputDevices(string deviceFolder, string classFolder, IgnoreList ignore, TimeProvider time) : IDisposable
{
    private readonly Dictionary<string, InputDevice> open = [];
    private readonly Dictionary<string, HealthItem> closed = [];
    private readonly InputGrabs grabs = new();

    // Devices that are not to be watched, so that their descriptions are read once and not at every scan.
    private readonly HashSet<string> left = [];

    /// <summary>The devices that are watched.</summary>
    public IReadOnlyCollection<InputDevice> Open => open.Values;

    /// <summary>Compares the existing devices with the watched ones. True when a device was opened or has gone.</summary>
    public bool Scan()
    {
        var changed = false;
        var nodes = Directory.Exists(deviceFolder)
            ? Directory.EnumerateFileSystemEntries(deviceFolder, "event*").Select(path => Path.GetFileName(path)).ToHashSet()
            : [];
        foreach (var node in open.Keys.Concat(closed.Keys).Concat(left).Where(node => !nodes.Contains(node)).ToList())
            changed |= Gone(node);
        foreach (var node in nodes.Where(node => !open.ContainsKey(node) && !left.Contains(node))) changed |= Consider(node);
        return changed;
    }

    /// <summary>Forgets a device that has gone; another of the same name is read again. True when it was watched.</summary>
    public bool Gone(string node)
    {
        left.Remove(node);
        closed.Remove(node);
        if (!open.Remove(node, out var device)) return false;
        device.Dispose();
        return true;
    }

    /// <summary>Finds out which of the quiet devices another program has grabbed. True when that has changed.</summary>
    public bool CheckGrabs(Func<bool> eventsWait) => grabs.Check(open.Values, time, eventsWait);

    /// <summary>What is watched, and the problems.</summary>
    public MonitorStatus Sight()
    {
        var sentence = grabs.Passed.Length == 0 ? Count() : $"{Count()}; {grabs.Passed}";
        HealthItem[] health = [.. closed.Values, .. grabs.Unseen.Where(item => open.ContainsKey(item.Key)).Select(item => item.Value)];
        var ofSeat = open.Values.Count(device => device.Description.OfSeat);
        if (health.Length == 0) return new(open.Count, Blind: false, sentence, []) { OfSeat = ofSeat };
        var unseen = closed.Keys.Concat(grabs.Unseen.Keys.Where(open.ContainsKey)).Order();
        return new(open.Count, Blind: true, $"{sentence}, but cannot watch {string.Join(", ", unseen)}", health) { OfSeat = ofSeat };
    }

    public void Dispose()
    {
        foreach (var device in open.Values) device.Dispose();
        open.Clear();
    }

    private bool Consider(string node)
    {
        if (InputDescription.Read(classFolder, node) is not { } description)
        {
            closed[node] = new(
                "monitor.input.unknown-device", HealthSeverity.Error,
                $"The input device {node} has no description in {Path.Combine(classFolder, node, "device")}.",
                "Mount sysfs on /sys, then restart the agent.");
            return false;
        }

        if (description.Kind == InputKind.Other || description.IsOn(ignore))
        {
            closed.Remove(node);
            left.Add(node);
            return false;
        }

        var path = Path.Combine(deviceFolder, node);
        if (InputDevice.Open(path, description, time.GetTimestamp(), out var error) is { } device)
        {
            closed.Remove(node);
            open.Add(node, device);
            return true;
        }

        // Gone again already: the event for its removal will follow.
        if (error is Libc.ENOENT or Libc.ENODEV or Libc.ENXIO) return false;
        var remedy = error is Libc.EACCES or Libc.EPERM
            ? "Run the agent as root or in the group 'input', and allow it the device (systemd: DeviceAllow=char-input w)."
            : "Raise the agent's limit of open files (LimitNOFILE), or put the device on [Monitors] Ignore.";
        closed[node] = new(
            "monitor.input.cannot-open", HealthSeverity.Error,
            $"The {Word(description.Kind)} {path} ('{description.Name}') cannot be opened: {Marshal.GetPInvokeErrorMessage(error)}.",
            remedy);
        return false;
    }

    private string Count()
    {
        if (open.Count == 0) return "no input device";
        return string.Join(
            ", ",
            open.Values.GroupBy(device => device.Description.Kind).OrderBy(kind => kind.Key)
            .Select(kind => Number(kind.Count(), Word(kind.Key))));
    }

    private static string Number(int count, string word) =>
        count == 1 ? $"1 {word}" : $"{count} {word}{(word.EndsWith("ch", StringComparison.Ordinal) ? "es" : "s")}";

    private static string Word(InputKind kind) => kind switch
    {
        InputKind.Keyboard => "keyboard",
        InputKind.Pointer => "pointer",
        InputKind.Touch => "touch device",
        InputKind.Tablet => "tablet",
        InputKind.Gamepad => "gamepad",
        InputKind.Axes => "stick or pedal device",
        InputKind.Dial => "dial",
        InputKind.Buttons => "button device",
        InputKind.Switch => "switch",
        _ => "device",
    };
}
