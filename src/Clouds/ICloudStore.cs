namespace Opportunism.Clouds;

/// <summary>Where one cloud of a site keeps what must survive a restart: records that only that cloud reads.</summary>
/// <remarks>Any thread; calls for different keys may overlap. A call returns once the change is on disk, and throws when it
/// failed.</remarks>
public interface ICloudStore
{
    /// <summary>Every record, as it was last saved. Called once, before any other call.</summary>
    Task<IReadOnlyList<CloudRecord>> LoadAsync(CancellationToken cancellationToken);

    /// <summary>Saves a change whole; when it throws, nothing of it is saved.</summary>
    /// <param name="put">Records that are new or replace the one of the same key.</param>
    /// <param name="removed">Keys whose records are deleted; a key without a record is no error.</param>
    /// <param name="cancellationToken">Ends the wait; it is then unknown whether the change was saved.</param>
    Task SaveAsync(IReadOnlyList<CloudRecord> put, IReadOnlyList<CloudKey> removed, CancellationToken cancellationToken);
}

/// <summary>Names a record of a cloud.</summary>
/// <param name="Kind">What it is, such as <c>vm</c>; never changes.</param>
/// <param name="Id">Which one.</param>
public readonly record struct CloudKey(string Kind, string Id);

/// <summary>A record of a cloud.</summary>
/// <param name="Key">Its name.</param>
/// <param name="Json">Its content, in the cloud's own format. Its reader accepts the format of every earlier version.</param>
public sealed record CloudRecord(CloudKey Key, string Json);
