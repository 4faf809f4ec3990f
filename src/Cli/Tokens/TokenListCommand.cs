using System.CommandLine;
using Opportunism.Cli.Terminal;

namespace Opportunism.Cli.Tokens;

/// <summary><c>token list</c>: every token, without its secret.</summary>
internal static class TokenListCommand
{
    public static Command Create(CliOptions options) =>
        options.ForSite(new Command("list", "List tokens."), async (parsed, site, cancellationToken) =>
        {
            var both = new BothTokens(await site.JoinTokensAsync(cancellationToken), await site.PersonTokensAsync(cancellationToken));
            return options.Show(parsed, both, CliJson.Default.BothTokens, () =>
            {
                var time = options.World.Time;
                var table = TextTable.With("id", "for", "allows", "expires", "revoked", "cloud", "nodes", "note");
                foreach (var token in both.Join)
                    table.Row(
                        token.Id, "joining", $"{token.UsesLeft} more", Words.At(token.Expires, time), token.Revoked ? "revoked" : "-",
                        token.Cloud.Length > 0 ? token.Cloud : "-", token.Names.Length > 0 ? token.Names : "any", token.Note);
                foreach (var token in both.People)
                    table.Row(
                        token.Id, token.Name, token.Role.ToString(), token.Expires is { } end ? Words.At(end, time) : "never",
                        token.Revoked ? "revoked" : "-", "-", "-", "");
                options.World.Console.Show(table, "There is no token.");
            });
        });
}
