using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Opportunism.Clouds;
using Opportunism.Contracts.Api;
using Opportunism.Controller.Store;
using Opportunism.Core;
using Opportunism.Core.Guests;
using Opportunism.Server.Content;
using Opportunism.Server.Http;

namespace Opportunism.Controller.Tenants;

/// <summary>VMs of the clouds in which this site creates them: create, read, console, stop, start, delete.</summary>
internal static class VmsApi
{
    private const int NewestBytes = 4096;
    private const int MostBytes = 64 * 1024;
    private const int LongestWaitSeconds = 25;

    public static void MapVms(this IEndpointRouteBuilder routes)
    {
        var vms = routes.MapGroup("/v1/vms").WithMetadata(Answers.SmallRequests).WithTags("vms");
        vms.MapGet("", ListAsync).RequireAuthorization(Answers.Viewer).WithName("listVms");
        vms.MapPost("", CreateAsync).RequireAuthorization(Answers.Operator).WithName("createVm");
        vms.MapGet("/{id}", ShowAsync).RequireAuthorization(Answers.Viewer).WithName("showVm");
        vms.MapGet("/{id}/console", ConsoleAsync).RequireAuthorization(Answers.Viewer).WithName("readConsole");
        vms.MapPost("/{id}/start", Ask((tenants, vm, token) => tenants.StartAsync(vm, token)))
            .RequireAuthorization(Answers.Operator).WithName("startVm");
        vms.MapPost("/{id}/stop", Ask((tenants, vm, token) => tenants.StopAsync(vm, token)))
            .RequireAuthorization(Answers.Operator).WithName("stopVm");
        vms.MapDelete("/{id}", Ask((tenants, vm, token) => tenants.DeleteAsync(vm, token)))
            .RequireAuthorization(Answers.Operator).WithName("deleteVm");
    }

    private static async Task<Results<Ok<IReadOnlyList<VmView>>, ProblemHttpResult>> ListAsync(
        TenantClouds clouds, CancellationToken cancellationToken, bool all = false)
    {
        var (vms, problem) = await clouds.ListAsync(cancellationToken);
        if (problem is not null) return problem;
        var shown = vms.Where(one => all || !one.Vm.IsDeleted).OrderBy(one => one.Vm.Spec.Name, StringComparer.Ordinal)
            .ThenBy(one => one.Vm.Created);
        return TypedResults.Ok<IReadOnlyList<VmView>>([.. shown.Select(VmViews.ViewOf)]);
    }

    private static async Task<Results<Created<VmView>, ProblemHttpResult>> CreateAsync(
        NewVm asked, TenantClouds clouds, ImageStore images, ImageFiles files, CancellationToken cancellationToken)
    {
        var (cloud, problem) = clouds.For(asked.Cloud);
        if (cloud is null) return problem!;
        if (asked.Image is not { Length: > 0 and <= 100 } || await images.FindAsync(asked.Image, cancellationToken) is not { } image)
            return Answers.NoSuch("image", asked.Image ?? "", "upload it first, or name one from the list of images");
        if (files.Folder.LengthOf(image.Sha256) != image.Bytes)
            return Answers.Conflict($"The file of image {image.Name} is missing or damaged: delete the image and upload it again.");
        if (await DiskBytesAsync(image, files.Folder, cancellationToken) is not { } imageBytes)
            return Answers.Conflict($"Image {image.Name} is not a qcow2 file of version 2 or 3: delete the image and upload it again.");
        var imageMiB = (int)Math.Min(int.MaxValue, ((imageBytes - 1) >> 20) + 1);
        if (asked.DiskMiB != 0 && asked.DiskMiB < imageMiB)
            return Answers.Wrong($"The disk (--disk) is {asked.DiskMiB} MiB; the image {image.Name} alone needs {imageMiB} MiB.");
        if (!Names.IsDnsLike(asked.Name))
            return Answers.Wrong("The VM's name is not 1 to 63 characters of a-z 0-9 . - beginning with a letter or digit.");
        var spec = new GuestSpec(
            GuestId.New(), asked.Name, asked.Vcpus, asked.MemoryMiB, asked.DiskMiB == 0 ? imageMiB : asked.DiskMiB, image.Sha256,
            image.Format);
        if (spec.Problems().ToList() is { Count: > 0 } problems) return Answers.Wrong(string.Join(" ", problems));
        var answer = await cloud.Tenants.CreateAsync(new NewTenantVm(spec, asked.Policy, image.Name, image.Bytes), cancellationToken);
        if (answer.Vm is not { } id) return Refusal(answer.Answer);
        return TypedResults.Created(
            $"/v1/vms/{id}", VmViews.ViewOf(new(cloud, (await cloud.Tenants.FindAsync(id.Value, cancellationToken))!)));
    }

    /// <summary>Size of the virtual disk in an image, whose file may be much smaller; null when it cannot be read.</summary>
    private static async Task<long?> DiskBytesAsync(ImageRow image, ContentFolder folder, CancellationToken cancellationToken)
    {
        if (image.Format is ImageFormat.Raw) return image.Bytes;
        await using var file = folder.Open(image.Sha256, offset: 0);
        if (file is null) return null;
        var head = new byte[Qcow2Header.Length];
        var length = await file.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken);
        return Qcow2Header.Parse(head.AsSpan(0, length))?.VirtualBytes;
    }

    private static async Task<Results<Ok<ConsoleView>, ProblemHttpResult>> ConsoleAsync(
        string id, TenantClouds clouds, ConsoleBuffers consoles, IHostApplicationLifetime lifetime, CancellationToken cancellationToken,
        long offset = -1, int waitSeconds = 0)
    {
        var (found, problem) = await clouds.FindAsync(id, cancellationToken);
        if (found is null) return problem!;
        var vm = found.Vm;
        if (waitSeconds is < 0 or > LongestWaitSeconds) waitSeconds = LongestWaitSeconds;
        consoles.Ask(vm.Id);
        var piece = consoles.Read(vm.Id, offset, offset < 0 ? NewestBytes : MostBytes);
        if (piece.Bytes.Length == 0 && waitSeconds > 0)
        {
            using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
            await consoles.WaitAsync(vm.Id, piece.Offset, TimeSpan.FromSeconds(waitSeconds), end.Token);
            piece = consoles.Read(vm.Id, offset, offset < 0 ? NewestBytes : MostBytes);
        }

        // A character that is cut at the end is sent with the next piece.
        var whole = WholeCharacters(piece.Bytes);
        return TypedResults.Ok(new ConsoleView(piece.Offset, piece.Offset + whole, Encoding.UTF8.GetString(piece.Bytes, 0, whole)));
    }

    private static int WholeCharacters(byte[] bytes)
    {
        for (var back = 1; back <= 3 && back < bytes.Length; back++)
        {
            var b = bytes[^back];
            if (b < 0x80) break;
            if (b < 0xC0) continue;
            var length = b >= 0xF0 ? 4 : b >= 0xE0 ? 3 : 2;
            return length > back ? bytes.Length - back : bytes.Length;
        }

        return bytes.Length;
    }

    /// <summary>Handles a request about one VM through its cloud.</summary>
    private static Func<string, TenantClouds, CancellationToken, Task<Results<Ok<VmView>, ProblemHttpResult>>> Ask(
        Func<ITenantCloud, GuestId, CancellationToken, Task<TenantAnswer>> ask) => async (id, clouds, cancellationToken) =>
        {
            var (found, problem) = await clouds.FindAsync(id, cancellationToken);
            if (found is null) return problem!;
            var answer = await ask(found.Cloud.Tenants, found.Vm.Id, cancellationToken);
            if (answer.Vm is null) return Refusal(answer.Answer);
            return TypedResults.Ok(VmViews.ViewOf(await found.AgainAsync(cancellationToken)));
        };

    private static async Task<Results<Ok<VmView>, ProblemHttpResult>> ShowAsync(
        string id, TenantClouds clouds, CancellationToken cancellationToken)
    {
        var (found, problem) = await clouds.FindAsync(id, cancellationToken);
        return found is null ? problem! : TypedResults.Ok(VmViews.ViewOf(found));
    }

    private static ProblemHttpResult Refusal(CloudAnswer answer) =>
        answer.Outcome is CloudOutcome.TryLater ? Answers.Unavailable(answer.Sentence) : Answers.Conflict(answer.Sentence);
}
