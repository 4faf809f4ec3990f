using System.Text.Json;
using Opportunism.Contracts.Api;

namespace Opportunism.Cli.Terminal;

/// <summary>The address of a site and the caller's token.</summary>
/// <param name="Url">The address on which it listens.</param>
/// <param name="CaFingerprint">SHA-256 of its CA's certificate, which is pinned.</param>
/// <param name="Token">The caller's token.</param>
internal sealed record SiteAddress(string Url, string CaFingerprint, string Token)
{
    /// <summary>The variable that names the site's file.</summary>
    public const string SiteVariable = "OPPORTUNISM_SITE";

    /// <summary>The variable that holds the token, instead of the file beside the site's.</summary>
    public const string TokenVariable = "OPPORTUNISM_TOKEN";

    /// <summary>The folders in which <c>opportunism up</c> and a controller with its default settings keep the file of this machine's site,
    /// in the order of the search.</summary>
    public static readonly IReadOnlyList<string> OfThisMachine =
        ["/var/lib/opportunism/site/controller", "/var/lib/opportunism/controller"];

    // Names of the token's file: a user's own, and the one that a controller writes beside its site.json.
    private static readonly string[] TokenFiles = ["token", SiteFile.AdminTokenName];

    /// <summary>The site to call: that of the given file, else of the file that the variable names, else the user's own, else that of a
    /// site on this machine.</summary>
    /// <exception cref="CliFailure">There is none, or it or its token cannot be read.</exception>
    public static SiteAddress Find(string? option, CliWorld world)
    {
        var variable = world.Variable;
        var path = File(option, world)
            ?? throw new CliFailure(
                ExitCode.NotConnected,
                $"No site is known: give --site FILE (a controller's site.json), set {SiteVariable}, or put it at "
                + $"~/.config/opportunism/{SiteFile.Name}.");
        SiteFile site;
        try
        {
            site = JsonSerializer.Deserialize(System.IO.File.ReadAllBytes(path), SiteJson.Default.SiteFile)
                ?? throw new JsonException("it is empty");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new CliFailure(ExitCode.NotConnected, $"The site's file {path} cannot be read: {failure.Message}");
        }

        return new(site.Url, site.CaFingerprint, variable(TokenVariable) ?? ReadToken(path));
    }

    /// <summary>The file that <see cref="Find"/> would read; null when there is none.</summary>
    public static string? File(string? option, CliWorld world)
    {
        var variable = world.Variable;
        // A file that was named is used even if it is missing, so that the error names it.
        if ((option ?? variable(SiteVariable)) is { Length: > 0 } named)
            return Directory.Exists(named) ? Path.Combine(named, SiteFile.Name) : named;
        var settings = variable("XDG_CONFIG_HOME") is { Length: > 0 } config ? config
            : variable("HOME") is { Length: > 0 } home ? Path.Combine(home, ".config")
            : null;
        IEnumerable<string> places = [
            .. settings is null ? Array.Empty<string>() : [Path.Combine(settings, "opportunism", SiteFile.Name)],
            .. world.MachineSites.Select(folder => Path.Combine(folder, SiteFile.Name))];
        return places.FirstOrDefault(System.IO.File.Exists);
    }

    private static string ReadToken(string sitePath)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(sitePath))!;
        var path = TokenFiles.Select(name => Path.Combine(folder, name)).FirstOrDefault(System.IO.File.Exists)
            ?? throw new CliFailure(
                ExitCode.NotConnected,
                $"There is no token beside {sitePath}: put yours into {Path.Combine(folder, TokenFiles[0])} (mode 0600), or set "
                + $"{TokenVariable}.");
        try
        {
            return System.IO.File.ReadAllText(path).Trim();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CliFailure(
                ExitCode.NotAllowed,
                $"{path} cannot be read ({failure.Message}): run this as the controller's user, or use a token of your own.");
        }
    }
}
