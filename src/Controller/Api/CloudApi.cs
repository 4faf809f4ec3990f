using Microsoft.AspNetCore.Http.HttpResults;
using Opportunism.Clouds;
using Opportunism.Contracts.Api;

namespace Opportunism.Controller.Api;

/// <summary>The cloud that the site serves: may the controller do there what it must?</summary>
internal static class CloudApi
{
    public static void MapCloud(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/cloud/rights", CheckAsync).RequireAuthorization(Answers.Operator).WithTags("site").WithName("checkCloudRights");

    private static async Task<Results<Ok<IReadOnlyList<CloudRightView>>, ProblemHttpResult>> CheckAsync(Cloud cloud, CancellationToken cancellationToken)
    {
        if (cloud.Rights is not { } rights) return TypedResults.Problem($"This site serves the {cloud.Name} cloud, which needs no rights elsewhere.", statusCode: StatusCodes.Status501NotImplemented);
        var checks = await rights.CheckAsync(cancellationToken);
        return TypedResults.Ok<IReadOnlyList<CloudRightView>>([.. checks.Select(check => new CloudRightView(check.Name, check.State.ToString(), check.Sentence, check.Remedy))]);
    }
}
