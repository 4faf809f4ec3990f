using System.Runtime.Versioning;
using Opportunism.Core.Health;

namespace Opportunism.Agent.Monitors.Linux;

/// <summary>Devices that another program has grabbed (a VM, a remapper), and whether the owner is seen nevertheless.</summary>
/// <remarks>
/// 1. A device that has been quiet for <see cref="QuietFor"/> is checked (<see cref="InputDevice.CheckGrab"/>). One that is not quiet is
///    seen, so it needs no check.
/// 2. Of a device that is grabbed nothing is seen, unless the grabber passes everything on through a virtual device: a process that has
///    open the device and /dev/uinput. No file shows which virtual device belongs to which process, so all of them must be watched: as many
///    as there are open descriptors of /dev/uinput.
/// 3. Otherwise, and when the grabber is not known, the monitor is blind.
/// Used by the input monitor's thread alone.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed class InputGrabs
{
    /// <summary>Shorter than the shortest time after which guests may run (AvailabilityTimes.ShortestThawAfter), so that a grab is known
    /// before.</summary>
    public static readonly TimeSpan QuietFor = TimeSpan.FromSeconds(4);

    private const string VirtualDevices = "/dev/uinput";

    /// <summary>The reason for each device that is not seen; empty when all are.</summary>
    public IReadOnlyDictionary<string, HealthItem> Unseen { get; private set; } = new Dictionary<string, HealthItem>();

    /// <summary>What to add to the list of devices, for a person: which ones are grabbed and still seen.</summary>
    public string Passed { get; private set; } = "";

    /// <summary>Checks every quiet device. True when something has changed.</summary>
    /// <param name="devices">The devices that are watched.</param>
    /// <param name="time">The clock.</param>
    /// <param name="eventsWait">Whether a device has an event: then the others are checked another time, since releasing a grab may take
    /// the kernel some milliseconds.</param>
    public bool Check(IReadOnlyCollection<InputDevice> devices, TimeProvider time, Func<bool> eventsWait)
    {
        foreach (var device in devices)
        {
            if (eventsWait()) break;
            if (time.GetElapsedTime(device.ActiveAt) >= QuietFor) device.CheckGrab();
        }

        return Judge(devices);
    }

    private bool Judge(IReadOnlyCollection<InputDevice> devices)
    {
        var before = (Passed, Unseen);
        var grabbed = devices.Where(device => device.Grabbed).ToList();
        var unseen = new Dictionary<string, HealthItem>();
        var passed = new List<string>();
        var held = grabbed.Count == 0 ? [] : OpenFiles.Held(grabbed.Select(PathOf).Append(VirtualDevices).ToHashSet());
        var uinput = held.Where(file => file.Link == VirtualDevices).Select(file => file.Process).ToList();
        var allWatched = devices.Count(device => device.Description.Virtual) >= uinput.Count;
        foreach (var device in grabbed)
        {
            var holders = held.Where(file => file.Link == PathOf(device)).Select(file => file.Process).Distinct().ToList();
            var remapper = holders.Find(uinput.Contains);
            if (remapper != 0 && allWatched) passed.Add($"{device.Node} is passed on by {OpenFiles.NameOf(remapper)}");
            else unseen[device.Node] = Item(device, holders);
        }

        Passed = string.Join(", ", passed);
        Unseen = unseen;
        return before.Passed != Passed || before.Unseen.Count != unseen.Count
            || !before.Unseen.All(item => unseen.TryGetValue(item.Key, out var now) && now == item.Value);
    }

    // Any process that has it open may be the grabber: the display server has it open too.
    private static HealthItem Item(InputDevice device, List<int> holders)
    {
        var names = holders.Select(process => $"{OpenFiles.NameOf(process)} ({process})").ToList();
        var who = names.Count == 0 ? "another program" : $"a program (it is open in {string.Join(", ", names)})";
        return new(
            "monitor.input.grabbed", HealthSeverity.Error,
            $"The input device {device.Description.Source.Text} is grabbed by {who}, which alone gets its events.",
            $"End that program (a VM that was given the device, a key remapper). If all it does reaches a virtual device that is "
                + $"watched, or the owner does not use it, put '{device.Node}' on [Monitors] Ignore.");
    }

    private static string PathOf(InputDevice device) => $"/dev/input/{device.Node}";
}
