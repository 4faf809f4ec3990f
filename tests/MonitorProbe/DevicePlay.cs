using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Opportunism.MonitorProbe;

/// <summary>Programs that a desktop has beside the agent: a device that is moved, a
/// VM that grabs a device, a key remapper, a display server that reads.</summary>
/// <remarks>
/// device NAME KEY REL ABS PROPERTIES SWITCHES makes a device with these
/// capabilities (bitmaps as in sysfs); each "go" moves everything it has,
///                                               each "go N" does so N times, 10 ms apart
/// grab NODE                                     takes a device for itself
/// remap NODE                                    takes a device for itself and makes a virtual keyboard
/// record NODE FILE                              reads a device and writes what it read
/// Each acts on lines of the pipe /tmp/play, and ends at "end"; "record" ends when it is killed.
/// </remarks>
internal static partial class DevicePlay
{
    private const string Pipe = "/tmp/play";
    private static readonly TimeSpan Apart = TimeSpan.FromMilliseconds(10);
    private const int ReadWrite = 2, ReadOnly = 0;
    private const nuint Grab = 0x40044590;

    private enum Type : ushort
    {
        Sync = 0,
        Key = 1,
        Relative = 2,
        Absolute = 3,
        Switch = 5,
    }

    public static bool Knows(string word) => word is "device" or "grab" or "remap" or "record";

    public static int Run(string[] args)
    {
        switch (args)
        {
            case ["device", var name, var key, var rel, var abs, var properties, var switches]:
                using (var made = Make(name, Codes(key), Codes(rel), Codes(abs), Codes(properties), Codes(switches)))
                {
                    var turn = 0;
                    Play(() => Move(made, ++turn, Codes(key), Codes(rel), Codes(abs), Codes(switches)));
                }

                return 0;
            case ["grab", var node]:
                using (Taken(node)) Play(static () => { });
                return 0;
            case ["remap", var node]:
                using (Taken(node))
                using (Make("remapped keyboard", [.. Enumerable.Range(1, 80)], [], [], [], [])) Play(static () => { });
                return 0;
            case ["record", var node, var file]:
                Record(node, file);
                return 0;
            default:
                return 2;
        }
    }

    private static void Play(Action go)
    {
        using var pause = new ManualResetEvent(initialState: false);
        while (true)
        {
            // Opening waits for a writer, and the text ends when it closes.
            foreach (var line in File.ReadAllLines(Pipe))
            {
                if (line == "end") return;
                var times = line.Split(' ') is [_, var count] ? int.Parse(count, CultureInfo.InvariantCulture) : 1;
                for (var i = 0; i < times; i++)
                {
                    if (i > 0) pause.WaitOne(Apart);
                    go();
                }
            }
        }
    }

    private static SafeFileHandle Taken(string node)
    {
        var file = Checked(Open($"/dev/input/{node}", ReadWrite), "open");
        Check(Ioctl(file, Grab, 1), "EVIOCGRAB");
        return file;
    }

    private static void Record(string node, string path)
    {
        using var device = Checked(Open($"/dev/input/{node}", ReadOnly), "open");
        using var written = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        var events = new byte[24 * 64];
        while (Read(device, events, (nuint)events.Length) is > 0 and var length) written.Write(events, 0, (int)length);
    }

    private static SafeFileHandle Make(string name, int[] keys, int[] rels, int[] axes, int[] properties, int[] switches)
    {
        var file = Checked(Open("/dev/uinput", ReadWrite), "open /dev/uinput");
        void Set(nuint request, IEnumerable<int> codes)
        {
            foreach (var code in codes) Check(Ioctl(file, request, code), $"uinput {request:x} {code}");
        }

        var types = new[] { (Type.Key, keys), (Type.Relative, rels), (Type.Absolute, axes), (Type.Switch, switches) };
        Set(0x40045564, types.Where(type => type.Item2.Length > 0).Select(type => (int)type.Item1));
        Set(0x40045565, keys);
        Set(0x40045566, rels);
        Set(0x40045567, axes);
        Set(0x4004556d, switches);
        Set(0x4004556e, properties);
        foreach (var axis in axes)
        {
            // struct uinput_abs_setup: code, then value, minimum, maximum, fuzz, flat, resolution.
            var axisSetup = new int[7];
            (axisSetup[0], axisSetup[3]) = (axis, axis == 0x2f ? 4 : 255);
            Check(Ioctl(file, 0x401c5504, axisSetup), $"UI_ABS_SETUP {axis}");
        }

        // struct uinput_setup: bus, vendor, product, version, then 80 bytes of name and a number.
        var setup = new byte[92];
        setup[0] = 3;
        setup[2] = setup[4] = 1;
        System.Text.Encoding.UTF8.GetBytes(name).CopyTo(setup, 8);
        Check(Ioctl(file, 0x405c5503, setup), "UI_DEV_SETUP");
        Check(Ioctl(file, 0x5501, 0), "UI_DEV_CREATE");
        return file;
    }

    private static void Move(SafeFileHandle device, int turn, int[] keys, int[] rels, int[] axes, int[] switches)
    {
        foreach (var rel in rels.Take(1)) Send(device, Type.Relative, rel, 1);
        foreach (var axis in axes.Where(axis => axis != 0x2f).Take(1)) Send(device, Type.Absolute, axis, turn % 2 == 0 ? 10 : 200);
        foreach (var key in keys.Take(1)) Send(device, Type.Key, key, turn % 2);
        foreach (var change in switches.Take(1)) Send(device, Type.Switch, change, turn % 2);
        Send(device, Type.Sync, 0, 0);
    }

    private static void Send(SafeFileHandle device, Type type, int code, int value)
    {
        // struct input_event: 16 bytes of time, type, code, value.
        var sent = new byte[24];
        BitConverter.TryWriteBytes(sent.AsSpan(16), (ushort)type);
        BitConverter.TryWriteBytes(sent.AsSpan(18), (ushort)code);
        BitConverter.TryWriteBytes(sent.AsSpan(20), value);
        Check((int)Write(device, sent, (nuint)sent.Length), "write");
    }

    private static int[] Codes(string bitmap)
    {
        var words = bitmap.Split(' ', StringSplitOptions.RemoveEmptyEntries).Reverse()
            .Select(word => ulong.Parse(word, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)).ToArray();
        return [.. Enumerable.Range(0, words.Length * 64).Where(code => (words[code / 64] >> (code % 64) & 1) != 0)];
    }

    private static SafeFileHandle Checked(SafeFileHandle file, string what)
    {
        Check(file.IsInvalid ? -1 : 0, what);
        return file;
    }

    private static void Check(int result, string what)
    {
        if (result < 0) throw new IOException($"{what}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint Read(SafeFileHandle file, Span<byte> buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(SafeFileHandle file, ReadOnlySpan<byte> buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Ioctl(SafeFileHandle file, nuint request, nint value);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Ioctl(SafeFileHandle file, nuint request, ReadOnlySpan<byte> value);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Ioctl(SafeFileHandle file, nuint request, ReadOnlySpan<int> value);
}
