using Opportunism.Agent.Monitors.Linux;
using Xunit;

namespace Opportunism.UnitTests.Agent.Monitors;

/// <summary>Bitmaps as real devices show them in /sys/class/input/eventN/device.</summary>
public sealed class InputCapabilitiesTests
{
    [Theory]
    // AT Translated Set 2 keyboard (a laptop's or QEMU's PS/2 keyboard).
    [InlineData("402000000 3803078f800d001 feffffdfffefffff fffffffffffffffe", "0", "0", "0", "Keyboard")]
    // QEMU USB Keyboard.
    [InlineData("1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe", "0", "0", "0", "Keyboard")]
    // A numeric keypad alone: KP7 to KP0 (71-82), Enter, dot.
    [InlineData("100000 0 0", "0", "0", "0", "Buttons")]
    [InlineData("8000 fff80 0000000000000000", "0", "0", "0", "Keyboard")]
    // ImExPS/2 Generic Explorer Mouse (QEMU's PS/2 mouse).
    [InlineData("1f0000 0 0 0 0", "143", "0", "1", "Pointer")]
    // Logitech USB receiver's mouse.
    [InlineData("ffff0000 0 0 0 0", "1943", "0", "0", "Pointer")]
    // QEMU USB Tablet: absolute pointer with buttons.
    [InlineData("1f0000 0 0 0 0", "100", "3", "0", "Pointer")]
    // Synaptics touchpad: BTN_LEFT, BTN_TOOL_FINGER, BTN_TOUCH, multi-touch axes.
    [InlineData("6420 10000 0 0 0 0", "0", "260800011000003", "1", "Touch")]
    // A touchscreen that has only multi-touch axes and BTN_TOUCH.
    [InlineData("400 0 0 0 0 0", "0", "260000000000000", "2", "Touch")]
    // Wacom pen: BTN_TOOL_PEN, RUBBER, TOUCH, STYLUS.
    [InlineData("1c03 0 0 0 0 0", "0", "1000003000003", "1", "Tablet")]
    // Xbox pad: BTN_GAMEPAD row.
    [InlineData("7cdb000000000000 0 0 0 0", "0", "3003f", "0", "Gamepad")]
    // A joystick: BTN_TRIGGER row.
    [InlineData("fff00000000 0 0 0 0", "0", "30007", "0", "Gamepad")]
    // Power button: KEY_POWER alone.
    [InlineData("10000000000000 0", "0", "0", "0", "Buttons")]
    // 3D mice: six relative axes, and buttons that are no mouse's.
    [InlineData("3 0 0 0 0", "3f", "0", "0", "Pointer")]
    [InlineData("7c0f137 0 0 0 0", "3f", "0", "0", "Pointer")]
    // Foot pedals that send F13 to F24 or buttons.
    [InlineData("700000000000000 0 0", "0", "0", "0", "Buttons")]
    // A rudder: three axes and nothing else, as an accelerometer has.
    [InlineData("0", "0", "7", "0", "Axes")]
    // Surface Dial: one button and REL_DIAL.
    [InlineData("1 0 0 0 0", "80", "0", "0", "Dial")]
    // Media Center remote: KEY_NUMERIC_0 and so on.
    [InlineData("fff 0 200108fc32e 237605100000000 0 700158000 419200004001 8e968000000000 10000000", "0", "0", "0", "Buttons")]
    // Touch screens without BTN_TOUCH: INPUT_PROP_DIRECT.
    [InlineData("0", "0", "261800000000000", "2", "Touch")]
    [InlineData("0", "0", "3", "2", "Touch")]
    // Switch Pro Controller by USB as a plain HID device: axes alone.
    [InlineData("0", "0", "30027", "0", "Axes")]
    // Nunchuk: BTN_C, BTN_Z.
    [InlineData("24000000000000 0 0 0 0", "0", "30038", "0", "Gamepad")]
    // Pads of tablets: BTN_0 and so on, BTN_STYLUS; the last one reports its tilt too and so has the accelerometer's property.
    [InlineData("800 1ff 0 0 0 0", "0", "10000000103", "0", "Tablet")]
    [InlineData("100000000000009 0 0 0 800 0 0 0 0 0", "0", "10000000003", "0", "Tablet")]
    [InlineData("800 70000000003ff 0 0 0 0", "0", "10000000107", "40", "Tablet")]
    // A volume knob: REL_MISC alone.
    [InlineData("0", "200", "0", "0", "Dial")]
    // A keyboard's second node with media keys and ABS_VOLUME.
    [InlineData("3f000000000000 0 0 483ffff17aff32d bfd4444600000000 1 0 0 0 0", "1040", "100000000", "0", "Dial")]
    // Nothing to move at all.
    [InlineData("0", "0", "0", "0", "Other")]
    // PC speaker.
    [InlineData("0", "0", "", "0", "Other")]
    // Video bus: brightness keys.
    [InlineData("3e000b00000000 0 0 0", "0", "0", "0", "Other")]
    // An accelerometer with axes and a button, told apart by its property.
    [InlineData("10000 0 0 0 0", "0", "7", "40", "Other")]
    // A mouse's second node with volume keys only.
    [InlineData(
        "3f000300000000 0 0 483ffff17aff32d bfd4444600000000 1 130ff38b17c000 677bfad9415fed e09effdf01cfffff fffffffffffffffe", "1040",
        "100000000", "0", "Keyboard")]
    public void A_device_is_what_its_capabilities_say(string key, string rel, string abs, string properties, string expected) =>
        Assert.Equal(Enum.Parse<InputKind>(expected), new InputCapabilities(key, rel, abs, properties).Kind);

    [Theory]
    // Lid, dock, headphones, and the tablet mode of a convertible.
    [InlineData("1", "Switch", false)]
    [InlineData("20", "Switch", false)]
    [InlineData("4", "Switch", false)]
    [InlineData("2", "Switch", false)]
    // The jack of a display changes when the display falls asleep.
    [InlineData("140", "Switch", true)]
    [InlineData("100", "Switch", true)]
    [InlineData("104", "Switch", false)]
    [InlineData("0", "Other", false)]
    public void A_switch_is_activity_when_it_changes(string switches, string expected, bool movesByItself)
    {
        var device = new InputCapabilities("0", "0", "0", "0", switches);
        Assert.Equal((Enum.Parse<InputKind>(expected), movesByItself), (device.Kind, device.MovesByItself));
    }

    [Theory]
    [InlineData("7", "0", "ST LIS3LV02DL Accelerometer", "lis3lv02d/input0")]
    [InlineData("3", "0", "hdaps", "")]
    [InlineData("3", "0", "applesmc", "")]
    [InlineData("0", "10000000000000 0", "Thermal hotkeys", "LNXTHERM/thermal/input0")]
    [InlineData("0", "3e000b00000000 0 0 0", "Video Bus", "LNXVIDEO/video/input0")]
    [InlineData("0", "1 3e000b00000000 0 0 0", "Video Bus", "")]
    public void What_is_known_not_to_be_a_person_is_left_alone(string abs, string key, string name, string phys) =>
        Assert.Equal(InputKind.Other, new InputCapabilities(key, "0", abs, "0", "0", name, phys).Kind);

    [Theory]
    [InlineData("1f0000 0 0 0 0", "143", "0", true)]
    [InlineData("402000000 3803078f800d001 feffffdfffefffff fffffffffffffffe", "0", "0", false)]
    [InlineData("0", "0", "7", true)]
    [InlineData("7cdb000000000000 0 0 0 0", "0", "3003f", true)]
    [InlineData("1 0 0 0 0", "80", "0", false)]
    [InlineData("10000000000000 0", "0", "0", false)]
    public void Pointers_sticks_and_touch_may_move_by_themselves(string key, string rel, string abs, bool expected) =>
        Assert.Equal(expected, new InputCapabilities(key, rel, abs, "0").MovesByItself);

    [Theory]
    [InlineData("")]
    [InlineData("not hexadecimal")]
    [InlineData("fffffffffffffffffffff")]
    public void What_cannot_be_read_is_no_capability(string bits) =>
        Assert.Equal(InputKind.Other, new InputCapabilities(bits, bits, bits, bits).Kind);

    [Theory]
    [InlineData("10000000000000 0", false)] // power button
    [InlineData("4000 0 0", false)] // sleep button
    [InlineData("8000 10000000000000 0", false)] // both, and wake-up
    [InlineData("700000000000000 0 0", true)] // foot pedals
    [InlineData("10000000000000 2", true)] // a power key and another one
    public void The_buttons_that_a_server_without_a_seat_has_show_no_seat(string key, bool seat)
    {
        var device = new InputCapabilities(key, "0", "0", "0");
        Assert.Equal((InputKind.Buttons, seat), (device.Kind, device.IsOfSeat));
    }

    [Fact]
    public void A_jack_shows_no_seat() => Assert.False(new InputCapabilities("0", "0", "0", "0", "40").IsOfSeat);
}
