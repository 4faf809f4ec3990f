using Microsoft.AspNetCore.Http.HttpResults;
using Opportunism.Clouds;
using Opportunism.Contracts.Api;
using Opportunism.Controller.Clouds;
using Opportunism.Controller.Http;

namespace Opportunism.Controller.Api;

/// <summary>The clouds of the site: whether the controller has the rights there that it needs.</summary>
internal static class CloudApi
{
    public static void MapCloud(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/cloud/rights", CheckOnlyAsync).RequireAuthorization(Answers.Operator).WithTags("site")
            .WithName("checkCloudRights");
        routes.MapGet("/v1/clouds/{name}/rights", CheckNamedAsync).RequireAuthorization(Answers.Operator).WithTags("site")
            .WithName("checkRightsOfCloud");
    }

    /// <summary>The rights in the only cloud of the site that needs any.</summary>
    private static Task<Results<Ok<IReadOnlyList<CloudRightView>>, ProblemHttpResult>> CheckOnlyAsync(
        SiteClouds clouds, CancellationToken cancellationToken) =>
        clouds.All.Where(cloud => cloud.Rights is not null).ToList() switch
        {
            [] => Refused($"No cloud of this site ({clouds.Names}) needs rights elsewhere.", StatusCodes.Status501NotImplemented),
            [var one] => CheckAsync(one.Rights!, cancellationToken),
            var several => Refused(
                $"Several clouds of this site need rights: {string.Join(", ", several.Select(cloud => cloud.Name))}. Name "
                    + "one (--site-cloud).",
                StatusCodes.Status400BadRequest),
        };

    private static Task<Results<Ok<IReadOnlyList<CloudRightView>>, ProblemHttpResult>> CheckNamedAsync(
        string name, SiteClouds clouds, CancellationToken cancellationToken) =>
        clouds.Find(name) switch
        {
            null => Task.FromResult<Results<Ok<IReadOnlyList<CloudRightView>>, ProblemHttpResult>>(
                Answers.NoSuch("cloud", name, $"this site has {clouds.Names}")),
            { Rights: { } rights } => CheckAsync(rights, cancellationToken),
            _ => Refused($"The cloud {name} needs no rights elsewhere.", StatusCodes.Status501NotImplemented),
        };

    private static async Task<Results<Ok<IReadOnlyList<CloudRightView>>, ProblemHttpResult>> CheckAsync(
        IRightsCheck rights, CancellationToken cancellationToken)
    {
        var checks = await rights.CheckAsync(cancellationToken);
        return TypedResults.Ok<IReadOnlyList<CloudRightView>>(
            [.. checks.Select(check => new CloudRightView(check.Name, check.State.ToString(), check.Sentence, check.Remedy))]);
    }

    private static Task<Results<Ok<IReadOnlyList<CloudRightView>>, ProblemHttpResult>> Refused(string sentence, int status) =>
        Task.FromResult<Results<Ok<IReadOnlyList<CloudRightView>>, ProblemHttpResult>>(TypedResults.Problem(sentence, statusCode: status));
}
