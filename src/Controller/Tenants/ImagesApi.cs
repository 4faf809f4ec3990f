using System.Buffers;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Opportunism.Contracts.Api;
using Opportunism.Controller.Clouds;
using Opportunism.Controller.Settings;
using Opportunism.Controller.Store;
using Opportunism.Core;
using Opportunism.Core.Guests;
using Opportunism.Core.Health;
using Opportunism.Server.Content;
using Opportunism.Server.Events;
using Opportunism.Server.Http;

namespace Opportunism.Controller.Tenants;

/// <summary>Images: upload, list, delete.</summary>
internal static class ImagesApi
{
    private const int PieceBytes = 256 * 1024;

    public static void MapImages(this IEndpointRouteBuilder routes)
    {
        var images = routes.MapGroup("/v1/images").WithTags("images");
        images.MapGet("", ListAsync).RequireAuthorization(Answers.Viewer).WithName("listImages");
        images.MapPost("", UploadAsync).RequireAuthorization(Answers.Operator).WithName("uploadImage")
            .Accepts<byte[]>("application/octet-stream");
        images.MapDelete("/{image}", DeleteAsync).RequireAuthorization(Answers.Operator).WithName("deleteImage");
    }

    private static async Task<IReadOnlyList<ImageView>> ListAsync(
        ImageStore store, ImageFiles files, SiteClouds clouds, CancellationToken cancellationToken)
    {
        var inUse = clouds.ImagesInUse();
        return (await store.ListAsync(cancellationToken)).ConvertAll(row => ViewOf(row, files, inUse));
    }

    /// <summary>The body is the image; name and format are parameters, never guessed.</summary>
    private static async Task<Results<Created<ImageView>, ProblemHttpResult>> UploadAsync(
        HttpContext http, string name, string format, ImageStore store, ImageFiles files, SiteClouds clouds, EventLog events,
        ControllerOptions options, TimeProvider time)
    {
        if (!Names.IsDnsLike(name))
            return Answers.Wrong("The image's name is not 1 to 63 characters of a-z 0-9 . - beginning with a letter or digit.");
        if (!Enum.TryParse<ImageFormat>(format, ignoreCase: true, out var known) || !Enum.IsDefined(known))
            return Answers.Wrong(
                $"The format (--format) is '{Answers.Shown(format)}'; allowed are {string.Join(", ", Enum.GetNames<ImageFormat>())}.");
        if (http.Request.ContentLength is not { } bytes)
            return TypedResults.Problem("Content-Length is required.", statusCode: StatusCodes.Status411LengthRequired);
        if (bytes == 0 || bytes > options.LargestImageMiB << 20)
            return TypedResults.Problem(
                $"The image is {bytes} bytes; allowed is 1 byte to {options.LargestImageMiB} MiB ([Controller] LargestImageMiB).",
                statusCode: StatusCodes.Status413PayloadTooLarge);
        if (await store.FindAsync(name, http.RequestAborted) is { } other)
            return Answers.Conflict($"An image {name} exists already ({other.Sha256}): delete it first, or choose another name.");
        if (!files.Folder.TryReserve(bytes))
            return TypedResults.Problem(
                $"There is no room for {bytes >> 20} MiB on the site's disk beside the {options.KeepFreeMiB} MiB that are kept free "
                    + "([Controller] KeepFreeMiB): delete images or VMs, or make it larger.",
                statusCode: StatusCodes.Status507InsufficientStorage);
        http.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = bytes;
        try
        {
            await using var file = files.Folder.NewFile();
            await ReceiveAsync(http.Request.Body, file, http.RequestAborted);
            if (file.Bytes != bytes) return Answers.Wrong($"Received {file.Bytes} of {bytes} bytes.");
            if (known is ImageFormat.Qcow2)
            {
                if (Qcow2Header.Parse(file.Head) is not { } header)
                    return Answers.Wrong("The format (--format) is qcow2, but the content is not qcow2 of version 2 or 3.");
                if (header.Problem is { } problem) return Answers.Wrong($"The image {problem}");
            }

            var row = new ImageRow { Sha256 = file.Sha256(), Name = name, Format = known, Bytes = bytes, Created = time.GetUtcNow() };
            if (await store.FindAsync(row.Sha256, http.RequestAborted) is { } same)
                return Answers.Conflict($"The same image is here already under the name {same.Name}.");
            await file.KeepAsync(files.Folder.PathOf(row.Sha256));
            await store.AddAsync(row, CancellationToken.None);
            events.Add("image.uploaded", HealthSeverity.Note, null, null, $"Image {name}: uploaded, {bytes >> 20} MiB");
            return TypedResults.Created($"/v1/images/{row.Sha256}", ViewOf(row, files, clouds.ImagesInUse()));
        }
        finally
        {
            files.Folder.Release(bytes);
        }
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> DeleteAsync(
        string image, ImageStore store, ImageFiles files, SiteClouds clouds, EventLog events, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(image, cancellationToken) is not { } row) return Answers.NoSuch("image", image);
        if (clouds.ImagesInUse().GetValueOrDefault(row.Sha256) is > 0 and var users)
            return Answers.Conflict($"Image {row.Name} is needed by {users} VM{(users == 1 ? "" : "s")}: delete them first.");

        // The row first: a file without a row only takes space, a row without a file names an image that does not exist.
        await store.DeleteAsync(row.Sha256, cancellationToken);
        files.Folder.Delete(row.Sha256);
        events.Add("image.deleted", HealthSeverity.Note, null, null, $"Image {row.Name}: deleted");
        return TypedResults.NoContent();
    }

    private static async Task ReceiveAsync(Stream body, ContentWriter file, CancellationToken cancellationToken)
    {
        var piece = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            int read;
            while ((read = await body.ReadAsync(piece, cancellationToken)) > 0)
                await file.WriteAsync(piece.AsMemory(0, read), cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    private static ImageView ViewOf(ImageRow row, ImageFiles files, Dictionary<string, int> inUse) =>
        new(
            row.Sha256, row.Name, row.Format, row.Bytes, files.Folder.LengthOf(row.Sha256) == row.Bytes ? "Ready" : "Missing", row.Created,
            inUse.GetValueOrDefault(row.Sha256));
}
