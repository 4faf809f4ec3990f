namespace Opportunism.Agent.Monitors.Linux;

/// <summary>The kind of an input device.</summary>
internal enum InputKind
{
    /// <summary>Not moved by a person: PC speaker, accelerometer, video bus, thermal zone, or a device that reports nothing.</summary>
    Other,
    Keyboard,

    /// <summary>Mouse, trackball, 3D mouse.</summary>
    Pointer,
    Touch,

    /// <summary>Pen tablet or the pad of buttons beside it.</summary>
    Tablet,
    Gamepad,

    /// <summary>Axes without a gamepad's buttons: pedals, rudder, slider.</summary>
    Axes,

    /// <summary>A wheel that moves no pointer: a dial, a volume knob.</summary>
    Dial,

    /// <summary>A few keys or buttons: remote control, foot pedal, media keys, power and sleep button.</summary>
    Buttons,

    /// <summary>Reports only a change of state: lid, dock, headphone jack.</summary>
    Switch,
}
