namespace Opportunism.Agent.Monitors;

/// <summary>One device or display that activity comes from; a monitor creates it when it finds the device, so that reporting it allocates
/// nothing.</summary>
/// <param name="Name">Its name for people, such as <c>QEMU QEMU USB Keyboard</c>.</param>
/// <param name="Place">Distinguishes sources of the same name, such as <c>event3</c>; empty when the name is unique.</param>
/// <param name="MovesByItself">True when it may be active without a person: its activity restarts IdleFor only when confirmed.</param>
public sealed record ActivitySource(string Name, string Place, bool MovesByItself)
{
    /// <summary>Name and place, for a person.</summary>
    public string Text { get; } = Place.Length == 0 ? Name : $"{Name} ({Place})";
}
