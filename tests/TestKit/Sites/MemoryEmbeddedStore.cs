using Opportunism.Clouds.Embedded;

namespace Opportunism.TestKit.Sites;

/// <summary>An embedded cloud's store in memory, which can be made to fail.</summary>
public sealed class MemoryEmbeddedStore : IEmbeddedStore
{
    private EmbeddedState state = EmbeddedState.Empty;

    /// <summary>True to fail every save.</summary>
    public bool Broken { get; set; }

    /// <inheritdoc/>
    public Task<EmbeddedState> LoadAsync(CancellationToken cancellationToken) => Task.FromResult(state);

    /// <inheritdoc/>
    public Task SaveAsync(EmbeddedChange change, CancellationToken cancellationToken)
    {
        if (Broken) throw new IOException("The store is broken.");
        ArgumentNullException.ThrowIfNull(change);

        // A value that a real store does not keep is not kept here either.
        state = state.With(change with { Vms = [.. change.Vms.Select(vm => vm with { Seen = null })] });
        return Task.CompletedTask;
    }
}
