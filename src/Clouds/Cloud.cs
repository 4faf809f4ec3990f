namespace Opportunism.Clouds;

/// <summary>A cloud of a site: its roles. Which kind of cloud it is, only its own folder uses.</summary>
/// <param name="Name">Name in settings, logs and the API.</param>
/// <param name="Hosts">Opens and closes nodes, and gets guests off them and back.</param>
public sealed record Cloud(string Name, IHostCloud Hosts) : IAsyncDisposable
{
    /// <summary>Supplies the guests that agents run; null where they are started by others.</summary>
    public IGuestSource? Guests { get; init; }

    /// <summary>Creates VMs for tenants; null where the cloud has an API of its own for that.</summary>
    public ITenantCloud? Tenants { get; init; }

    /// <summary>Checks the credential; null where none is needed.</summary>
    public IRightsCheck? Rights { get; init; }

    /// <summary>Reads the stored state. Called once, before any other call.</summary>
    public Func<CancellationToken, Task> StartAsync { get; init; } = static _ => Task.CompletedTask;

    /// <summary>Resources that the cloud holds while it is in use; null for none.</summary>
    public IAsyncDisposable? Parts { get; init; }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Parts?.DisposeAsync() ?? ValueTask.CompletedTask;
}
