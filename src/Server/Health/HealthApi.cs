using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Opportunism.Server.Store;

namespace Opportunism.Server.Health;

/// <summary>For programs that monitor this one: is it alive, is it ready?</summary>
public static class HealthApi
{
    /// <summary>Maps <c>/health/live</c> and <c>/health/ready</c>, for which no token is needed.</summary>
    public static void MapServerHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health/live", () => TypedResults.Text("live")).AllowAnonymous().WithTags("health");
        routes.MapGet("/health/ready", ReadyAsync).AllowAnonymous().WithTags("health");
    }

    private static async Task<IResult> ReadyAsync(
        IDbContextFactory<ServerDbContext> contexts, ServerProgram program, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Database.CanConnectAsync(cancellationToken)
            ? TypedResults.Text("ready")
            : TypedResults.Problem(
                $"The store cannot be reached: see the {program.Name}'s log.", statusCode: StatusCodes.Status503ServiceUnavailable);
    }
}
