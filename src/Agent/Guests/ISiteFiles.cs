namespace Opportunism.Agent.Guests;

/// <summary>Transfers files between this node and its controller. Every member may fail with <see cref="SiteFilesException"/>: retry
/// later.</summary>
internal interface ISiteFiles
{
    /// <summary>Reads an image from an offset on.</summary>
    IAsyncEnumerable<ReadOnlyMemory<byte>> ReadImageAsync(string sha256, long offset, CancellationToken cancellationToken);

    /// <summary>Reads the disk of a guest that comes to this node, from an offset on.</summary>
    IAsyncEnumerable<ReadOnlyMemory<byte>> ReadDiskAsync(string guestId, string sha256, long offset, CancellationToken cancellationToken);

    /// <summary>Sends a guest's disk; returns its SHA-256 when the controller has it complete, verified and stored.</summary>
    Task<string> WriteDiskAsync(string guestId, string path, Action<double> onProgress, CancellationToken cancellationToken);

    /// <summary>Sends console output; returns the offset from which the controller needs more.</summary>
    Task<long> WriteConsoleAsync(string guestId, long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);
}
