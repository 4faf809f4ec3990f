using Microsoft.AspNetCore.Http.HttpResults;
using Opportunism.Clouds;
using Opportunism.Contracts.Api;
using Opportunism.Controller.Clouds;
using Opportunism.Server.Http;

namespace Opportunism.Controller.Api;

/// <summary>The clouds of the site: whether the controller has the rights there that it needs.</summary>
internal static class CloudApi
{
    public static void MapCloud(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(
            "/v1/cloud/rights", (SiteClouds clouds, CancellationToken cancellationToken) => CheckAsync(OnlyOne(clouds), cancellationToken))
            .RequireAuthorization(Answers.Operator).WithTags("site").WithName("checkCloudRights");
        routes.MapGet(
            "/v1/clouds/{name}/rights",
            (string name, SiteClouds clouds, CancellationToken cancellationToken) => CheckAsync(Named(clouds, name), cancellationToken))
            .RequireAuthorization(Answers.Operator).WithTags("site").WithName("checkRightsOfCloud");
    }

    /// <summary>The rights in the only cloud of the site that needs any; else why there is none to check.</summary>
    private static (IRightsCheck? Rights, ProblemHttpResult? Problem) OnlyOne(SiteClouds clouds) =>
        clouds.All.Where(cloud => cloud.Rights is not null).ToList() switch
        {
            [] => (null, NotNeeded($"No cloud of this site ({clouds.Names}) needs rights elsewhere.")),
            [var one] => (one.Rights, null),
            var several => (null, Answers.Wrong(
                $"Several clouds of this site need rights: {string.Join(", ", several.Select(cloud => cloud.Name))}. Name one "
                    + "(--site-cloud).")),
        };

    private static (IRightsCheck? Rights, ProblemHttpResult? Problem) Named(SiteClouds clouds, string name) => clouds.Find(name) switch
    {
        null => (null, Answers.NoSuch("cloud", name, $"this site has {clouds.Names}")),
        { Rights: { } rights } => (rights, null),
        _ => (null, NotNeeded($"The cloud {name} needs no rights elsewhere.")),
    };

    private static async Task<Results<Ok<IReadOnlyList<CloudRightView>>, ProblemHttpResult>> CheckAsync(
        (IRightsCheck? Rights, ProblemHttpResult? Problem) asked, CancellationToken cancellationToken)
    {
        if (asked.Rights is null) return asked.Problem!;
        var checks = await asked.Rights.CheckAsync(cancellationToken);
        return TypedResults.Ok<IReadOnlyList<CloudRightView>>(
            [.. checks.Select(check => new CloudRightView(check.Name, check.State.ToString(), check.Sentence, check.Remedy))]);
    }

    private static ProblemHttpResult NotNeeded(string sentence) =>
        TypedResults.Problem(sentence, statusCode: StatusCodes.Status501NotImplemented);
}
