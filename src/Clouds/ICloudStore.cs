namespace Opportunism.Clouds;

/// <summary>Where one cloud of a site keeps what must survive a restart: records that nobody but the cloud itself reads.</summary>
/// <remarks>Any thread; calls that name different keys may overlap. A call returns once it is on disk, and throws when it failed.</remarks>
public interface ICloudStore
{
    /// <summary>Every record, as it was last saved. Called once, before any other call.</summary>
    Task<IReadOnlyList<CloudRecord>> LoadAsync(CancellationToken cancellationToken);

    /// <summary>Saves a change whole; when it throws, nothing of it is saved.</summary>
    /// <param name="put">Records that are new or replace the one of the same key.</param>
    /// <param name="removed">Keys whose records are deleted; one that has none is no fault.</param>
    /// <param name="cancellationToken">Ends the wait; what was saved then is not known.</param>
    Task SaveAsync(IReadOnlyList<CloudRecord> put, IReadOnlyList<CloudKey> removed, CancellationToken cancellationToken);
}

/// <summary>Names a record of a cloud.</summary>
/// <param name="Kind">What it is, such as <c>vm</c>; never changes.</param>
/// <param name="Id">Which one.</param>
public readonly record struct CloudKey(string Kind, string Id);

/// <summary>A record of a cloud.</summary>
/// <param name="Key">Its name.</param>
/// <param name="Json">Its content, as the cloud's own reader understands it. A reader accepts what every earlier version wrote.</param>
public sealed record CloudRecord(CloudKey Key, string Json);
