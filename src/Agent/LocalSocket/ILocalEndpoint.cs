namespace Opportunism.Agent.LocalSocket;

/// <summary>Where programs of this desktop connect to the agent. Listens from its creation until it is disposed of, and leaves nothing
/// behind.</summary>
/// <remarks>Every user of the desktop may connect. Thousands of connections wait in the kernel until they are accepted, so that a user who
/// opens hundreds cannot keep the others from connecting.</remarks>
internal interface ILocalEndpoint : IDisposable
{
    /// <summary>Waits for the next connection. One caller at a time, again as soon as it has returned; when it throws, the agent
    /// ends.</summary>
    Task<ILocalConnection> AcceptAsync(CancellationToken cancellationToken);
}
