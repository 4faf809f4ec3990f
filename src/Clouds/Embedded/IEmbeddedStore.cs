namespace Opportunism.Clouds.Embedded;

/// <summary>Where the embedded cloud keeps what must survive a restart.</summary>
public interface IEmbeddedStore
{
    /// <summary>The whole state, as it was last saved. Called once, at start.</summary>
    Task<EmbeddedState> LoadAsync(CancellationToken cancellationToken);

    /// <summary>Saves a change whole; when it throws, nothing of it is saved. Calls never overlap.</summary>
    Task SaveAsync(EmbeddedChange change, CancellationToken cancellationToken);
}
