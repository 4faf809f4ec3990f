using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Opportunism.Contracts.Api;

namespace Opportunism.Server.Access;

/// <summary>Maps a bearer token to a person and a role; returns 401 and 403 as problem details.</summary>
internal sealed class TokenAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder, PersonTokens tokens)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    /// <summary>Name of the scheme.</summary>
    public const string SchemeName = "Bearer";

    // Our tokens have 49 characters; anything much longer is rejected without hashing.
    private const int LongestToken = 200;

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization.ToString();
        if (!header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)) return Task.FromResult(AuthenticateResult.NoResult());
        var token = header["Bearer ".Length..].Trim();
        if (token.Length > LongestToken || tokens.Find(token) is not { } person)
            return Task.FromResult(AuthenticateResult.Fail("unknown token"));
        var claims = new List<Claim> { new(ClaimTypes.Name, person.Name) };

        // Each role has all rights of the roles before it.
        claims.AddRange(
            Enum.GetValues<Role>().Where(role => role <= person.Role).Select(role => new Claim(ClaimTypes.Role, role.ToString())));
        return Task.FromResult(
            AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(new ClaimsIdentity(claims, SchemeName)), SchemeName)));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = "Bearer";
        return TypedResults.Problem(
            "The token is missing, unknown, revoked or expired: send a valid one as 'Authorization: Bearer TOKEN' (command line: "
                + "OPPORTUNISM_TOKEN).",
            statusCode: StatusCodes.Status401Unauthorized)
            .ExecuteAsync(Context);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        TypedResults.Problem(
            $"The token of {Context.User.Identity?.Name} does not allow this: ask an admin for one with a higher role.",
            statusCode: StatusCodes.Status403Forbidden)
            .ExecuteAsync(Context);
}
