using Microsoft.AspNetCore.Http.HttpResults;
using Opportunism.Clouds;
using Opportunism.Contracts.Api;
using Opportunism.Controller.Clouds;
using Opportunism.Controller.Enrolment;
using Opportunism.Controller.Store;
using Opportunism.Core;
using Opportunism.Server.Http;

namespace Opportunism.Controller.Api;

/// <summary>Join tokens: make, list, revoke. Admins only.</summary>
internal static class JoinTokensApi
{
    private const int LongestNote = 200;

    // About a hundred names; a site with more uses patterns.
    private const int LongestNames = 4000;

    public static void MapJoinTokens(this IEndpointRouteBuilder routes)
    {
        var tokens = routes.MapGroup("/v1/tokens/join").WithMetadata(Answers.SmallRequests).WithTags("tokens")
            .RequireAuthorization(Answers.Admin);
        tokens.MapGet("", ListAsync).WithName("listJoinTokens");
        tokens.MapPost("", CreateAsync).WithName("createJoinToken");
        tokens.MapDelete("/{id}", RevokeAsync).WithName("revokeJoinToken");
    }

    private static async Task<IReadOnlyList<JoinTokenView>> ListAsync(JoinTokenStore store, CancellationToken cancellationToken) =>
        (await store.ListAsync(cancellationToken)).ConvertAll(row =>
            new JoinTokenView(row.Id, row.UsesLeft, row.Created, row.Expires, row.Revoked, row.Note, row.Cloud, row.Names));

    private static async Task<Results<Ok<MintedToken>, ProblemHttpResult>> CreateAsync(
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
        var names = CommaList.Read(asked.Names ?? "");
        if (asked.Names?.Length > LongestNames)
            return Answers.Wrong($"The names (--names) are longer than {LongestNames} characters; use patterns such as lab-*.");
        if (names.FirstOrDefault(name => !NodePatterns.IsValid(name)) is { } wrong)
            return Answers.Wrong(
                $"The names (--names) hold '{Answers.Shown(wrong)}'; allowed are names of nodes, separated by commas; a name may end in "
                    + "*.");
        return TypedResults.Ok(
            await enrolment.CreateTokenAsync(
                asked.Uses, TimeSpan.FromMinutes(asked.ValidForMinutes), asked.Note, asked.Cloud ?? "", string.Join(", ", names),
                cancellationToken));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> RevokeAsync(
        string id, JoinTokenStore store, CancellationToken cancellationToken) =>
        await store.RevokeAsync(id, cancellationToken) ? TypedResults.NoContent() : Answers.NoSuch("join token", id);
}
