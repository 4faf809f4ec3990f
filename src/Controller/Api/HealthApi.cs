using Microsoft.EntityFrameworkCore;
using Opportunism.Controller.Store;

namespace Opportunism.Controller.Api;

/// <summary>For programs that monitor this one: is it alive, is it ready?</summary>
internal static class HealthApi
{
    public static void MapSiteHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health/live", () => TypedResults.Text("live")).AllowAnonymous().WithTags("health");
        routes.MapGet("/health/ready", ReadyAsync).AllowAnonymous().WithTags("health");
    }

    private static async Task<IResult> ReadyAsync(IDbContextFactory<SiteDbContext> contexts, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Database.CanConnectAsync(cancellationToken)
            ? TypedResults.Text("ready")
            : TypedResults.Problem(
                "The store cannot be reached: see the controller's log.", statusCode: StatusCodes.Status503ServiceUnavailable);
    }
}
