using System.Runtime.Versioning;
using System.Text.Json.Nodes;

namespace Opportunism.Workshop.Lab;

/// <summary>Keystone's contents: the services' users and addresses, a tenant, and the user of an Opportunism controller with the fewest
/// rights that it needs.</summary>
[SupportedOSPlatform("linux")]
internal sealed class LabIdentity(LabPlace place, LabShape shape, LabSecrets secrets)
{
    /// <summary>The controller's user, its role, its application credential and its entry in clouds.yaml.</summary>
    public const string Controller = "opportunism";

    public const string Tenant = "tenant";

    private const string CredentialKey = "application_credential_id:";

    private static readonly string[] ServiceUsers = ["placement", "glance", "nova", "neutron"];

    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        using var admin = await LabApi.LogInAsync(shape, "admin", secrets["admin"], "admin", cancellationToken);
        async Task<string> One(string list, string one, JsonObject wanted) =>
            await admin.EnsureAsync(new Uri(admin.Keystone, list), list, one, wanted, cancellationToken);
        async Task<string> User(string name, string secret) =>
            await One("users", "user", new() { ["name"] = name, ["password"] = secret, ["domain_id"] = "default" });
        async Task Grant(string project, string user, string role) =>
            await admin.PutAsync(new Uri(admin.Keystone, $"projects/{project}/users/{user}/roles/{role}"), null, cancellationToken);

        var service = await One("projects", "project", new() { ["name"] = "service", ["domain_id"] = "default" });
        var adminRole = await One("roles", "role", new() { ["name"] = "admin" });
        // A service recognizes calls of another service by this role; keystonemiddleware's default for service_token_roles.
        var serviceRole = await One("roles", "role", new() { ["name"] = "service" });
        foreach (var name in ServiceUsers)
        {
            var user = await User(name, secrets["service-" + name]);
            await Grant(service, user, adminRole);
            await Grant(service, user, serviceRole);
        }

        var project = await One("projects", "project", new() { ["name"] = Tenant, ["domain_id"] = "default" });
        var member = await One("roles", "role", new() { ["name"] = "member" });
        await Grant(project, await User(Tenant, secrets["tenant"]), member);

        await EnsureServiceAsync(admin, "glance", "image", shape.Glance, "", cancellationToken);
        await EnsureServiceAsync(admin, "nova", "compute", shape.Nova, "/v2.1", cancellationToken);
        await EnsureServiceAsync(admin, "placement", "placement", shape.Placement, "", cancellationToken);
        await EnsureServiceAsync(admin, "neutron", "network", shape.Neutron, "", cancellationToken);

        var role = await One("roles", "role", new() { ["name"] = Controller });
        await Grant(service, await User(Controller, secrets["opportunism-user"]), role);
        var credential = await EnsureCredentialAsync(cancellationToken);
        new LabTemplates(place, shape, secrets)
            .Write("clouds.yaml", place.CloudsYaml, LabUser.Caller(), ("application-credential-id", credential));
    }

    /// <summary>Calls Nova as the controller: its policy and the credential's access rules must fit together.</summary>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        var id = CredentialId(await File.ReadAllTextAsync(place.CloudsYaml, cancellationToken));
        using var controller = await LabApi.LogInAsync(shape, id, secrets["opportunism-credential"], cancellationToken);
        await controller.GetAsync(new Uri(controller.Nova, "os-services"), cancellationToken);
        await controller.GetAsync(new Uri(controller.Nova, "servers/detail?all_tenants=1"), cancellationToken);
        await controller.GetAsync(new Uri(controller.Neutron, "agents"), cancellationToken);
    }

    /// <summary>The id of the controller's credential in the clouds.yaml that the lab wrote.</summary>
    public static string CredentialId(string cloudsYaml) =>
        cloudsYaml.Split('\n').Select(line => line.Trim())
        .First(line => line.StartsWith(CredentialKey, StringComparison.Ordinal))[CredentialKey.Length..].Trim();

    /// <summary>An application credential whose access rules are those of packaging/lab/access-rules.json; Keystone never changes one, so
    /// another is created when they differ.</summary>
    private async Task<string> EnsureCredentialAsync(CancellationToken cancellationToken)
    {
        using var controller = await LabApi.LogInAsync(shape, Controller, secrets["opportunism-user"], "service", cancellationToken);
        var folder = new Uri(controller.Keystone, $"users/{controller.UserId}/application_credentials");
        var rules =
            JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(place.Templates, "access-rules.json"), cancellationToken))!.AsArray();
        var found = await controller.FindAsync(folder, "application_credentials", Controller, cancellationToken);
        if (found is not null)
        {
            if (Words(found["access_rules"]!.AsArray()).SequenceEqual(Words(rules))) return (string)found["id"]!;
            await controller.DeleteAsync(new Uri($"{folder}/{found["id"]}"), cancellationToken);
        }

        var made = await controller.PostAsync(
            folder,
            new()
            {
                ["application_credential"] = new JsonObject
                {
                    ["name"] = Controller,
                    ["secret"] = secrets["opportunism-credential"],
                    ["roles"] = new JsonArray(new JsonObject { ["name"] = Controller }),
                    ["access_rules"] = rules.DeepClone(),
                },
            },
            cancellationToken);
        return (string)made["application_credential"]!["id"]!;
    }

    private static IEnumerable<string> Words(JsonArray rules) =>
        rules.Select(rule => $"{rule!["service"]} {rule["method"]} {rule["path"]}").Order(StringComparer.Ordinal);

    private static async Task EnsureServiceAsync(
        LabApi admin, string name, string type, int port, string path, CancellationToken cancellationToken)
    {
        var service = await admin.EnsureAsync(
            new Uri(admin.Keystone, "services"), "services", "service", new() { ["name"] = name, ["type"] = type }, cancellationToken);
        var folder = new Uri(admin.Keystone, "endpoints");
        var known = (await admin.GetAsync(new Uri($"{folder}?service_id={service}"), cancellationToken))["endpoints"]!.AsArray();
        foreach (var face in new[] { "public", "internal", "admin" })
        {
            if (known.Any(endpoint => (string?)endpoint!["interface"] == face)) continue;
            var endpoint = new JsonObject
            {
                ["interface"] = face,
                ["service_id"] = service,
                ["region_id"] = "RegionOne",
                ["url"] = $"http://127.0.0.1:{port}{path}"
            };
            await admin.PostAsync(folder, new() { ["endpoint"] = endpoint }, cancellationToken);
        }
    }
}
