using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace Opportunism.TestKit.OpenStack;

/// <content>Keystone, and its middleware in front of Nova and Neutron.</content>
public sealed partial class OpenStackStandIn
{
    /// <summary>The secret of the controller's application credential, and also its password.</summary>
    public const string Secret = "not-for-any-log";

    public const string CredentialId = "5f1d0000cafe4bd0b1b7f0f0a0a0a0a0";

    private readonly Dictionary<string, (DateTimeOffset Ends, bool HasRules)> tokens = [];

    /// <summary>How long tokens are valid.</summary>
    public TimeSpan TokenLife { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Access rules of the application credential: service, method, path. Null for a credential without rules.</summary>
    public IReadOnlyList<(string Service, string Method, string Path)>? AccessRules { get; set; }

    /// <summary>Number of successful logins.</summary>
    public int Logins { get; private set; }

    /// <summary>Revokes every token, as a change of password does.</summary>
    public void RevokeTokens()
    {
        lock (gate) tokens.Clear();
    }

    /// <summary>Writes a clouds.yaml that names the stand-in.</summary>
    public void WriteCloudsFile(string path, bool password = false, string more = "")
    {
        var auth = password
            ? $"      username: controller\n      user_domain_name: Default\n      password: {Secret}\n      project_name: service\n     "
                + " project_domain_name: Default\n"
            : $"      application_credential_id: {CredentialId}\n      application_credential_secret: {Secret}\n";
        var type = password ? "" : "    auth_type: v3applicationcredential\n";
        File.WriteAllText(
            path, $"clouds:\n  openstack:\n{type}    region_name: RegionOne\n    auth:\n      auth_url: {Url}identity/v3\n{auth}{more}");
    }

    private Answer Login(JsonObject? body)
    {
        var auth = body?["auth"];
        var identity = auth?["identity"];
        var method = (string?)identity?["methods"]?[0];
        var user = identity?["password"]?["user"];
        var credential = identity?["application_credential"];
        var valid = method switch
        {
            "password" =>
                (string?)user?["name"] == "controller" && (string?)user["domain"]?["name"] == "Default"
                && (string?)user["password"] == Secret && (string?)auth?["scope"]?["project"]?["name"] == "service",

            // Keystone refuses a scope beside an application credential, which has its own.
            "application_credential" =>
                (string?)credential?["id"] == CredentialId && (string?)credential["secret"] == Secret && auth?["scope"] is null,
            _ => false,
        };
        if (!valid) return Unauthorized();
        var now = time.GetUtcNow();
        var token = $"gAAAA-{Guid.NewGuid():N}";
        lock (gate)
        {
            tokens[token] = (now + TokenLife, method == "application_credential" && AccessRules is not null);
            Logins++;
        }

        var catalog = new JsonArray(Service("compute", "compute/v2.1"), Service("network", "network"), Service("identity", "identity/v3"));
        var content = new JsonObject
        {
            ["methods"] = new JsonArray(method),
            ["user"] = new JsonObject { ["id"] = ControllerUser, ["name"] = "controller" },
            ["project"] = new JsonObject { ["id"] = ControllerProject, ["name"] = "service" },
            ["expires_at"] = Stamp(now + TokenLife),
            ["issued_at"] = Stamp(now),
            ["catalog"] = catalog,
        };
        return new(201, new JsonObject { ["token"] = content }) { Headers = { ["X-Subject-Token"] = token } };
    }

    private JsonObject Service(string type, string path)
    {
        var endpoints = new JsonArray();
        foreach (var region in new[] { "RegionTwo", "RegionOne" })
        {
            foreach (var kind in new[] { "admin", "internal", "public" })
            {
                // Only one of them is this server's address; a client that uses another fails.
                var url = region == "RegionOne" && kind == "public" ? $"{Url}{path}" : $"http://127.0.0.1:9/{region}/{kind}";
                endpoints.Add(
                    new JsonObject
                    {
                        ["id"] = Guid.NewGuid().ToString("N"),
                        ["interface"] = kind,
                        ["region"] = region,
                        ["region_id"] = region,
                        ["url"] = url
                    });
            }
        }

        return new JsonObject { ["type"] = type, ["name"] = type, ["endpoints"] = endpoints };
    }

    /// <summary>The middleware's response instead of the service's; null to let the request through.</summary>
    private Answer? Stop(HttpContext http, string service, string path)
    {
        lock (gate)
        {
            if (!tokens.TryGetValue(http.Request.Headers["X-Auth-Token"].ToString(), out var token) || token.Ends <= time.GetUtcNow())
                return Unauthorized();
            if (!token.HasRules
                || AccessRules!.Any(rule => rule.Service == service && rule.Method == http.Request.Method && Fits(rule.Path, path)))
                return null;
            return Unauthorized();
        }
    }

    private static bool Fits(string rule, string path)
    {
        var pattern = RuleWildcard()
            .Replace(
                Regex.Escape(rule).Replace(@"\*", "*", StringComparison.Ordinal).Replace(@"\{", "{", StringComparison.Ordinal),
                match => match.Value == "**" ? ".*" : "[^/]+");
        return Regex.IsMatch(path, $"^{pattern}$", RegexOptions.CultureInvariant);
    }

    private static int MinorOf(string version) => int.Parse(version.Split('.')[1], CultureInfo.InvariantCulture);
}
