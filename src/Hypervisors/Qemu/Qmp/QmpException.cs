namespace Opportunism.Hypervisors.Qemu.Qmp;

/// <summary>QEMU rejected a command, did not reply in time, or has ended.</summary>
internal sealed class QmpException : IOException
{
    public QmpException(string message)
        : base(message)
    {
    }

    public QmpException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>True when QEMU's reply is an error.</summary>
    public bool IsRefusal { get; init; }
}
