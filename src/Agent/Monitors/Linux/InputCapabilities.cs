using System.Globalization;

namespace Opportunism.Agent.Monitors.Linux;

/// <summary>What an input device can report, as the kernel lists it in sysfs, and from that what kind of device it is. Pure.</summary>
/// <remarks>
/// Devices are chosen by exclusion: everything that has a key, a wheel, an axis or a switch is moved by a person, except what is
/// known not to be. Numbers are the codes of linux/input-event-codes.h. A bitmap is written as hexadecimal words, the highest first.
/// </remarks>
internal sealed class InputCapabilities(
    string key, string rel, string abs, string properties, string switches = "", string name = "", string phys = "")
{
    // A keyboard or keypad has at least this many letter or digit keys; a headset or a remote has a few other keys.
    private const int FewestKeys = 10;

    private const int RelX = 0, RelY = 1;
    private const int AbsX = 0, AbsY = 1, MultiTouchSlot = 0x2f, MultiTouchX = 0x35, MultiTouchY = 0x36;
    private const int ButtonLeft = 0x110, ButtonJoystick = 0x120, LastGamepadButton = 0x13f, ButtonPen = 0x140, ButtonFinger = 0x145,
    ButtonTouch = 0x14a, ButtonStylus = 0x14b;

    // All but ABS_VOLUME (0x20), ABS_PROFILE (0x21) and ABS_MISC (0x28), which media keys and tablet pads have too.
    private const ulong PositionAxes = ~(1UL << 0x20 | 1UL << 0x21 | 1UL << 0x28);

    private const int PropertyDirect = 1, PropertyAccelerometer = 6;

    // KEY_POWER, KEY_SLEEP, KEY_WAKEUP, KEY_SUSPEND, KEY_POWER2.
    private static readonly int[] PowerKeys = [116, 142, 143, 205, 356];

    private const int SwitchLineOut = 6, SwitchVideoOut = 8;

    private readonly ulong[] keys = Words(key);
    private readonly ulong[] rels = Words(rel);
    private readonly ulong[] axes = Words(abs);
    private readonly ulong[] props = Words(properties);
    private readonly ulong[] sw = Words(switches);

    /// <summary>What the device is.</summary>
    public InputKind Kind
    {
        get
        {
            if (IsNoPerson) return InputKind.Other;
            if (Count(2, 53) >= FewestKeys || Count(71, 82) >= FewestKeys) return InputKind.Keyboard;
            if (Has(keys, ButtonPen) || Has(keys, ButtonStylus)) return InputKind.Tablet;
            var flat = (Has(axes, AbsX) && Has(axes, AbsY)) || (Has(axes, MultiTouchX) && Has(axes, MultiTouchY));
            if (flat && (Has(keys, ButtonFinger) || Has(keys, ButtonTouch) || Has(axes, MultiTouchSlot) || Has(props, PropertyDirect)))
                return InputKind.Touch;
            if ((Has(rels, RelX) && Has(rels, RelY)) || (flat && Has(keys, ButtonLeft))) return InputKind.Pointer;
            if (Count(ButtonJoystick, LastGamepadButton) > 0) return InputKind.Gamepad;
            if (axes.Length > 0 && (axes[0] & PositionAxes) != 0) return InputKind.Axes;
            if (Any(rels)) return InputKind.Dial;
            if (Any(keys)) return InputKind.Buttons;
            if (Any(axes)) return InputKind.Axes;
            return Any(sw) ? InputKind.Switch : InputKind.Other;
        }
    }

    /// <summary>True when it may report without a person: an optical mouse on glass, a stick that drifts, a touch screen with a drop of
    /// water, a pen left on its tablet, and the jack of a display, which changes when the display enters standby. Its activity counts as
    /// the owner's only when confirmed.</summary>
    public bool MovesByItself => Kind switch
    {
        InputKind.Pointer or InputKind.Touch or InputKind.Tablet or InputKind.Gamepad or InputKind.Axes => true,
        InputKind.Switch => IsDisplayJack,
        _ => false,
    };

    /// <summary>True when it shows that a person may sit at this machine. Power and sleep buttons, and switches such as a jack, do not: a
    /// server without a seat has them too.</summary>
    public bool IsOfSeat =>
        Kind is not (InputKind.Other or InputKind.Switch)
        && !(Kind == InputKind.Buttons && Count(0, (keys.Length * 64) - 1) == PowerKeys.Count(code => Has(keys, code)));

    // The sound driver gives HDMI and DisplayPort jacks both switches.
    private bool IsDisplayJack =>
        Has(sw, SwitchVideoOut) && sw[0] == (sw[0] & (1UL << SwitchVideoOut | 1UL << SwitchLineOut)) && !Any(sw.AsSpan(1));

    // An accelerometer without its property bit (drivers older than the bit) is recognized only by its name: by its capabilities it could
    // be pedals.
    private bool IsNoPerson =>
        IsAccelerometer || name.Contains("accelerometer", StringComparison.OrdinalIgnoreCase) || name is "applesmc" or "hdaps"
        || name == "Video Bus" || phys.StartsWith("LNXVIDEO", StringComparison.Ordinal)
            || phys.StartsWith("LNXTHERM", StringComparison.Ordinal) || IsVideoBus;

    // A keypad or a gamepad that also reports its tilt has the bit too, but a person presses its keys.
    private bool IsAccelerometer =>
        Has(props, PropertyAccelerometer) && !Has(keys, ButtonStylus) && Count(ButtonJoystick, LastGamepadButton) == 0;

    /// <summary>The firmware's reports about displays: only the keys for brightness and for choosing a display.</summary>
    private bool IsVideoBus
    {
        get
        {
            // KEY_BRIGHTNESSDOWN, UP, KEY_SWITCHVIDEOMODE; KEY_VIDEO_NEXT, PREV, KEY_BRIGHTNESS_CYCLE, AUTO, KEY_DISPLAY_OFF.
            const int First = 192;
            const ulong Displays = 1UL << (224 - First) | 1UL << (225 - First) | 1UL << (227 - First)
                | 1UL << (241 - First) | 1UL << (242 - First) | 1UL << (243 - First) | 1UL << (244 - First) | 1UL << (245 - First);
            if (keys.Length <= First / 64 || Any(rels) || Any(axes)) return false;
            for (var i = 0; i < keys.Length; i++)
            {
                if ((keys[i] & ~(i == First / 64 ? Displays : 0)) != 0) return false;
            }

            return Any(keys);
        }
    }

    private static bool Any(ReadOnlySpan<ulong> words) => words.ContainsAnyExcept(0UL);

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

    // The kernel writes words of its own long, which has 64 bits on every supported platform.
    private static ulong[] Words(string text)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Array.Reverse(words);
        return [
            .. words.Select(
                word => ulong.TryParse(word, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) ? value : 0)];
    }
}
