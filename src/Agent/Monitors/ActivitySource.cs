namespace Opportunism.Agent.Monitors;

/// <summary>One device or display that activity comes from; a monitor makes it when it finds the device, so that to name it allocates nothing.</summary>
/// <param name="Name">What people call it, such as <c>QEMU QEMU USB Keyboard</c>.</param>
/// <param name="Place">What tells two of one name apart, such as <c>event3</c>; empty when the name does.</param>
/// <param name="MovesByItself">True when it may be active without a person: its activity counts against IdleFor only when confirmed.</param>
public sealed record ActivitySource(string Name, string Place, bool MovesByItself)
{
    /// <summary>Name and place, for a person.</summary>
    public string Text { get; } = Place.Length == 0 ? Name : $"{Name} ({Place})";
}
