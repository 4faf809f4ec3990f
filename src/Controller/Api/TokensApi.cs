using Microsoft.AspNetCore.Http.HttpResults;
using Opportunism.Contracts.Api;
using Opportunism.Controller.Access;
using Opportunism.Controller.Clouds;
using Opportunism.Controller.Enrolment;
using Opportunism.Controller.Http;
using Opportunism.Controller.Store;
using Opportunism.Core;

namespace Opportunism.Controller.Api;

/// <summary>Join tokens and people's tokens: make, list, revoke. Admins only.</summary>
internal static class TokensApi
{
    private const int LongestNote = 200;

    public static void MapTokens(this IEndpointRouteBuilder routes)
    {
        var tokens = routes.MapGroup("/v1/tokens").WithMetadata(Answers.SmallRequests).WithTags("tokens")
            .RequireAuthorization(Answers.Admin);
        tokens.MapGet("/join", ListJoinAsync).WithName("listJoinTokens");
        tokens.MapPost("/join", CreateJoinAsync).WithName("createJoinToken");
        tokens.MapDelete("/join/{id}", RevokeJoinAsync).WithName("revokeJoinToken");
        tokens.MapGet(
            "/people",
            (PersonTokens people) => (IReadOnlyList<PersonTokenView>)[.. people.All.Select(
                row => new PersonTokenView(row.Id, row.Name, row.Role, row.Created, row.Expires, row.Revoked))])
            .WithName("listPersonTokens");
        tokens.MapPost("/people", CreatePersonAsync).WithName("createPersonToken");
        tokens.MapDelete("/people/{id}", RevokePersonAsync).WithName("revokePersonToken");
    }

    private static async Task<IReadOnlyList<JoinTokenView>> ListJoinAsync(TokenStore store, CancellationToken cancellationToken) =>
        (await store.JoinTokensAsync(cancellationToken)).ConvertAll(row =>
            new JoinTokenView(row.Id, row.UsesLeft, row.Created, row.Expires, row.Revoked, row.Note, row.Cloud));

    private static async Task<Results<Ok<MintedToken>, ProblemHttpResult>> CreateJoinAsync(
        NewJoinToken asked, NodeEnrolment enrolment, SiteClouds clouds, CancellationToken cancellationToken)
    {
        if (asked.Uses is < 1 or > NewJoinToken.MostUses)
            return Answers.Wrong($"The number of uses (--uses) is {asked.Uses}; allowed is 1 to {NewJoinToken.MostUses}.");
        if (asked.ValidForMinutes is < 1 or > NewJoinToken.MostMinutes)
            return Answers.Wrong(
                $"The token would be valid (--valid) for {asked.ValidForMinutes} minutes; allowed is 1 to {NewJoinToken.MostMinutes} (30 "
                    + "days).");
        if (asked.Note is null || asked.Note.Length > LongestNote) return Answers.Wrong("The note (--note) is longer than 200 characters.");
        if (asked.Cloud is { Length: > 0 } cloud && clouds.Find(cloud) is null)
            return Answers.Wrong($"The cloud (--cloud) is '{Answers.Shown(cloud)}'; allowed are {clouds.Names}.");
        return TypedResults.Ok(
            await enrolment.CreateTokenAsync(
                asked.Uses, TimeSpan.FromMinutes(asked.ValidForMinutes), asked.Note, asked.Cloud ?? "", cancellationToken));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> RevokeJoinAsync(
        string id, TokenStore store, CancellationToken cancellationToken) =>
        await store.RevokeJoinTokenAsync(id, cancellationToken) ? TypedResults.NoContent() : Answers.NoSuch("join token", id);

    private static async Task<Results<Ok<MintedToken>, ProblemHttpResult>> CreatePersonAsync(
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

    private static async Task<Results<NoContent, ProblemHttpResult>> RevokePersonAsync(
        string id, PersonTokens people, CancellationToken cancellationToken) =>
        await people.RevokeAsync(id, cancellationToken) ? TypedResults.NoContent() : Answers.NoSuch("token", id);
}
