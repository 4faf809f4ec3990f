using System.Globalization;

namespace Opportunism.Agent.Monitors.Linux;

/// <summary>What an input device can report, as the kernel lists it in sysfs, and from that what kind of device it is. Pure.</summary>
/// <remarks>Numbers are the codes of linux/input-event-codes.h. A bitmap is written as hexadecimal words, the highest first.</remarks>
internal sealed class InputCapabilities(string key, string rel, string abs, string properties)
{
    // A keyboard or keypad has at least this many of the letters' or digits' keys; a headset or a remote has a few others.
    private const int FewestKeys = 10;

    private const int RelX = 0, RelY = 1;
    private const int AbsX = 0, AbsY = 1, MultiTouchX = 0x35, MultiTouchY = 0x36;
    private const int ButtonLeft = 0x110, ButtonJoystick = 0x120, ButtonGamepad = 0x130, ButtonPen = 0x140, ButtonFinger = 0x145, ButtonTouch = 0x14a;
    private const int PropertyAccelerometer = 6;

    private readonly ulong[] keys = Words(key);
    private readonly ulong[] rels = Words(rel);
    private readonly ulong[] axes = Words(abs);
    private readonly ulong[] props = Words(properties);

    /// <summary>What the device is.</summary>
    public InputKind Kind
    {
        get
        {
            if (Has(props, PropertyAccelerometer)) return InputKind.Other;
            if (Count(2, 53) >= FewestKeys || Count(71, 82) >= FewestKeys) return InputKind.Keyboard;
            if (Has(rels, RelX) && Has(rels, RelY) && Has(keys, ButtonLeft)) return InputKind.Pointer;
            if ((Has(axes, AbsX) && Has(axes, AbsY)) || (Has(axes, MultiTouchX) && Has(axes, MultiTouchY)))
            {
                if (Has(keys, ButtonPen)) return InputKind.Tablet;
                if (Has(keys, ButtonFinger) || Has(keys, ButtonTouch)) return InputKind.Touch;
                if (Has(keys, ButtonLeft)) return InputKind.Pointer;
            }

            return Has(keys, ButtonJoystick) || Has(keys, ButtonGamepad) ? InputKind.Gamepad : InputKind.Other;
        }
    }

    private static bool Has(ulong[] words, int code) => code / 64 < words.Length && (words[code / 64] >> (code % 64) & 1) != 0;

    private int Count(int first, int last)
    {
        var count = 0;
        for (var code = first; code <= last; code++)
        {
            if (Has(keys, code)) count++;
        }

        return count;
    }

    // The kernel writes words of its own long, which is as long as ours on every platform we build for (64 bit).
    private static ulong[] Words(string text)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Array.Reverse(words);
        return [.. words.Select(word => ulong.TryParse(word, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) ? value : 0)];
    }
}
