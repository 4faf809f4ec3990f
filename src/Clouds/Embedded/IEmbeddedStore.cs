namespace Opportunism.Clouds.Embedded;

/// <summary>Where the embedded cloud keeps what must survive a restart.</summary>
public interface IEmbeddedStore
{
    /// <summary>Everything, as it was last saved. Called once, at start.</summary>
    Task<EmbeddedState> LoadAsync(CancellationToken cancellationToken);

    /// <summary>Saves a change whole; when it throws, nothing of it is saved. Never called twice at a time.</summary>
    Task SaveAsync(EmbeddedChange change, CancellationToken cancellationToken);
}
