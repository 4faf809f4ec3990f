using System.CommandLine;
using System.Net;
using System.Text.Json;
using Opportunism.Cli.Terminal;
using Opportunism.Contracts.Api;

namespace Opportunism.Cli.Tokens;

/// <summary><c>token revoke</c>: revokes a token, so that it cannot be used again.</summary>
internal static class TokenRevokeCommand
{
    public static Command Create(CliOptions options)
    {
        var id = new Argument<string>("id") { Description = "The token's id, as 'token list' shows it." };
        return options.ForSite(new Command("revoke", "End a token.") { id }, async (parsed, site, cancellationToken) =>
        {
            var token = parsed.GetValue(id)!;
            try
            {
                await site.RevokeJoinTokenAsync(token, cancellationToken);
            }
            catch (SiteException unknown) when (unknown.Status == HttpStatusCode.NotFound)
            {
                // No join token has this id, so it is a person's.
                await site.RevokePersonTokenAsync(token, cancellationToken);
            }

            options.World.Output.WriteLine(
                parsed.GetValue(options.Json) ? $"{{\"revoked\":\"{JsonEncodedText.Encode(token)}\"}}" : $"{token} is revoked.");
            return ExitCode.Done;
        });
    }
}
