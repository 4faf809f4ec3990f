namespace Opportunism.Hypervisors.Qemu.Qmp;

/// <summary>QEMU refused a command, did not answer in time, or is gone.</summary>
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

    /// <summary>True when QEMU answered that it does not do what it was asked for.</summary>
    public bool IsRefusal { get; init; }
}
