using System.Net;
using System.Net.Http.Headers;

namespace Opportunism.Contracts.Api;

/// <summary>A request body of known length that reports how much of it has been sent.</summary>
internal sealed class ProgressContent : HttpContent
{
    // Large enough for a fast disk, small enough for a progress bar that moves.
    private const int PieceBytes = 256 * 1024;

    private readonly Stream content;
    private readonly long bytes;
    private readonly IProgress<long>? sent;

    public ProgressContent(Stream content, long bytes, IProgress<long>? sent)
    {
        this.content = content;
        this.bytes = bytes;
        this.sent = sent;
        Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
    }

    protected override bool TryComputeLength(out long length)
    {
        length = bytes;
        return true;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var piece = new byte[PieceBytes];
        long total = 0;
        int read;
        while ((read = await content.ReadAsync(piece, cancellationToken)) > 0)
        {
            await stream.WriteAsync(piece.AsMemory(0, read), cancellationToken);
            total += read;
            sent?.Report(total);
        }
    }
}
