using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Opportunism.Contracts.Api;
using Opportunism.Core;
using Opportunism.Server.Http;

namespace Opportunism.Server.Access;

/// <summary>People's tokens: make, list, revoke. Admins only.</summary>
public static class PeopleApi
{
    /// <summary>Maps <c>/v1/tokens/people</c>.</summary>
    public static void MapPeople(this IEndpointRouteBuilder routes)
    {
        var tokens = routes.MapGroup("/v1/tokens/people").WithMetadata(Answers.SmallRequests).WithTags("tokens")
            .RequireAuthorization(Answers.Admin);
        tokens.MapGet(
            "",
            (PersonTokens people) => (IReadOnlyList<PersonTokenView>)[.. people.All.Select(
                row => new PersonTokenView(row.Id, row.Name, row.Role, row.Created, row.Expires, row.Revoked))])
            .WithName("listPersonTokens");
        tokens.MapPost("", CreateAsync).WithName("createPersonToken");
        tokens.MapDelete("/{id}", RevokeAsync).WithName("revokePersonToken");
    }

    private static async Task<Results<Ok<MintedToken>, ProblemHttpResult>> CreateAsync(
        NewPersonToken asked, PersonTokens people, CancellationToken cancellationToken)
    {
        if (!Names.IsDnsLike(asked.Name))
            return Answers.Wrong("The person's name (--person) is not 1 to 63 characters of a-z 0-9 . - beginning with a letter or digit.");
        if (!Enum.IsDefined(asked.Role))
            return Answers.Wrong($"The role (--role) is {asked.Role}; allowed are {string.Join(", ", Enum.GetNames<Role>())}.");
        if (asked.ValidForDays is < 1 or > 3650)
            return Answers.Wrong($"The token would be valid (--valid) for {asked.ValidForDays} days; allowed is 1 to 3650.");
        return TypedResults.Ok(await people.CreateAsync(asked.Name, asked.Role, TimeSpan.FromDays(asked.ValidForDays), cancellationToken));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> RevokeAsync(
        string id, PersonTokens people, CancellationToken cancellationToken) =>
        await people.RevokeAsync(id, cancellationToken) ? TypedResults.NoContent() : Answers.NoSuch("token", id);
}
