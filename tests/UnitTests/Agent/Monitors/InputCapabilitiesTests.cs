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
    [InlineData("100000 0 0", "0", "0", "0", "Other")]
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
    [InlineData("10000000000000 0", "0", "0", "0", "Other")]
    // Lid switch: no keys at all.
    [InlineData("0", "0", "0", "0", "Other")]
    // PC speaker.
    [InlineData("0", "0", "", "0", "Other")]
    // Video bus: brightness keys.
    [InlineData("3e000b00000000 0 0 0", "0", "0", "0", "Other")]
    // HDA Intel headphone jack.
    [InlineData("0", "0", "0", "", "Other")]
    // An accelerometer with axes and a button, told apart by its property.
    [InlineData("10000 0 0 0 0", "0", "7", "40", "Other")]
    // A mouse's second node with volume keys only.
    [InlineData("3f000300000000 0 0 483ffff17aff32d bfd4444600000000 1 130ff38b17c000 677bfad9415fed e09effdf01cfffff fffffffffffffffe", "1040", "100000000", "0", "Keyboard")]
    public void A_device_is_what_its_capabilities_say(string key, string rel, string abs, string properties, string expected) =>
        Assert.Equal(Enum.Parse<InputKind>(expected), new InputCapabilities(key, rel, abs, properties).Kind);

    [Theory]
    [InlineData("")]
    [InlineData("not hexadecimal")]
    [InlineData("fffffffffffffffffffff")]
    public void What_cannot_be_read_is_no_capability(string bits) =>
        Assert.Equal(InputKind.Other, new InputCapabilities(bits, bits, bits, bits).Kind);
}
