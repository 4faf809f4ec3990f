namespace Opportunism.Agent.LocalSocket;

/// <summary>One connection of a program of this desktop to the agent. One caller at a time.</summary>
internal interface ILocalConnection : IDisposable
{
    /// <summary>The user of the connected program, as the kernel reports it and not the program.</summary>
    LocalUser User { get; }

    /// <summary>Reads requests and writes replies; a broken connection is an <see cref="IOException"/>.</summary>
    Stream Stream { get; }

    /// <summary>Sends a short line at once or not at all, instead of using <see cref="Stream"/>. Never waits.</summary>
    /// <exception cref="IOException">It was not sent.</exception>
    void SendNow(ReadOnlySpan<byte> line);
}
