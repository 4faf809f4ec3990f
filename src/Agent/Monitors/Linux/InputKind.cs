namespace Opportunism.Agent.Monitors.Linux;

/// <summary>What a person does with an input device.</summary>
internal enum InputKind
{
    /// <summary>Not moved by a person at the desk: power button, lid, PC speaker, accelerometer, a few media keys.</summary>
    Other,
    Keyboard,
    Pointer,
    Touch,
    Tablet,
    Gamepad,
}
