using System.Globalization;
using System.Text.Json;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Opportunism.Clouds.OpenStack;

/// <summary>Reads clouds.yaml, and secure.yaml beside it, as OpenStack's own tools do. Read again for every token, so that a new secret
/// takes effect at once.</summary>
internal sealed class CloudsFile(OpenStackOptions options)
{
    /// <summary>The cloud that the settings name.</summary>
    /// <param name="problem">Why there is none: which file was read, what is wrong and what to do. Never a secret.</param>
    public CloudEntry? Read(out string problem)
    {
        var path = options.CloudsFile.Length > 0 ? options.CloudsFile : Array.Find(Places(), File.Exists);
        if (path is null)
        {
            problem =
                $"There is no clouds.yaml in {string.Join(", ", Places())}. Put one there or name it in [{options.Section}] CloudsFile.";
            return null;
        }

        try
        {
            var tree = Load(path);
            var secure = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, "secure.yaml");
            if (File.Exists(secure)) Merge(tree, Load(secure));
            if (Child(Child(tree, "clouds"), options.Cloud) is not { } cloud)
            {
                problem = $"{path} has no cloud '{options.Cloud}'. Name one of its clouds in [{options.Section}] Cloud.";
                return null;
            }

            problem = Problem(cloud) is { } wrong ? $"Cloud '{options.Cloud}' in {path}: {wrong}" : "";
            return problem.Length > 0 ? null : EntryOf(cloud);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or InvalidCastException)
        {
            problem = $"{path} could not be read: {failure.Message}";
            return null;
        }
        catch (YamlException failure)
        {
            // The parser's own message may quote the line, and a line may be a password.
            problem = string.Create(CultureInfo.InvariantCulture, $"{path} is not YAML near line {failure.Start.Line}.");
            return null;
        }
    }

    private static string[] Places()
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return [Path.GetFullPath("clouds.yaml"), Path.Combine(home, ".config", "openstack", "clouds.yaml"), "/etc/openstack/clouds.yaml"];
    }

    private static YamlMappingNode Load(string path)
    {
        using var reader = File.OpenText(path);
        var yaml = new YamlStream();
        yaml.Load(reader);
        return yaml.Documents.Count > 0 && yaml.Documents[0].RootNode is YamlMappingNode root ? root : [];
    }

    private static void Merge(YamlMappingNode into, YamlMappingNode from)
    {
        foreach (var (key, value) in from.Children)
        {
            if (value is YamlMappingNode more && into.Children.TryGetValue(key, out var known) && known is YamlMappingNode inner)
                Merge(inner, more);
            else into.Children[key] = value;
        }
    }

    private static YamlMappingNode? Child(YamlMappingNode? node, string key) =>
        node is not null && node.Children.TryGetValue(new YamlScalarNode(key), out var child) ? child as YamlMappingNode : null;

    private static string Text(YamlMappingNode? node, string key) =>
        node is not null && node.Children.TryGetValue(new YamlScalarNode(key), out var child) && child is YamlScalarNode { Value: { } text }
        ? text
        : "";

    private static string? Problem(YamlMappingNode cloud)
    {
        var auth = Child(cloud, "auth");
        if (!Uri.TryCreate(Text(auth, "auth_url"), UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            return $"auth.auth_url is '{Text(auth, "auth_url")}'; an http or https URL is needed.";
        if (Text(cloud, "verify") is "false" or "False" or "no")
            return "verify is off, which would show the password to anyone in between. Name the CA in cacert instead.";
        if (Text(cloud, "cacert") is { Length: > 0 } ca && !File.Exists(ca)) return $"cacert names {ca}, which is not there.";
        if (Text(cloud, "interface") is not ("" or "public" or "internal" or "admin"))
            return $"interface is '{Text(cloud, "interface")}'; allowed are public, internal, admin.";
        if (IsApplicationCredential(cloud))
        {
            if (Text(auth, "application_credential_secret").Length == 0) return "auth.application_credential_secret is missing.";
            return Text(auth, "application_credential_id").Length > 0 || HasUser(auth)
                ? null
                : "auth.application_credential_id is missing; a name needs the user beside it.";
        }

        if (Text(cloud, "auth_type") is not ("" or "password" or "v3password"))
            return $"auth_type is '{Text(cloud, "auth_type")}'; allowed are v3applicationcredential and v3password.";
        if (!HasUser(auth)) return "auth.username (with user_domain_name) or auth.user_id is missing.";
        if (Text(auth, "password").Length == 0) return "auth.password is missing.";
        return Text(auth, "project_id").Length > 0 || Text(auth, "project_name").Length > 0
            ? null
            : "auth.project_name (with project_domain_name) or auth.project_id is missing.";
    }

    private static bool IsApplicationCredential(YamlMappingNode cloud) =>
        Text(cloud, "auth_type") is "v3applicationcredential" || Text(Child(cloud, "auth"), "application_credential_id").Length > 0;

    private static bool HasUser(YamlMappingNode? auth) => Text(auth, "user_id").Length > 0 || Text(auth, "username").Length > 0;

    private CloudEntry EntryOf(YamlMappingNode cloud)
    {
        var url = Text(Child(cloud, "auth"), "auth_url").TrimEnd('/');
        return new CloudEntry
        {
            Name = options.Cloud,
            AuthUrl = new Uri(url.EndsWith("/v3", StringComparison.Ordinal) ? url[..^3] : url),
            Region = options.Region.Length > 0 ? options.Region : Text(cloud, "region_name"),
            Interface = Text(cloud, "interface") is { Length: > 0 } kind ? kind : "public",
            CaFile = Text(cloud, "cacert"),
            LoginBody = LoginBodyOf(cloud),
        };
    }

    private static byte[] LoginBodyOf(YamlMappingNode cloud)
    {
        var auth = Child(cloud, "auth");
        var memory = new MemoryStream();
        using var json = new Utf8JsonWriter(memory);
        json.WriteStartObject();
        json.WriteStartObject("auth");
        json.WriteStartObject("identity");
        var method = IsApplicationCredential(cloud) ? "application_credential" : "password";
        json.WriteStartArray("methods");
        json.WriteStringValue(method);
        json.WriteEndArray();
        json.WriteStartObject(method);
        if (method == "password")
        {
            WriteUser(json, auth, Text(auth, "password"));
        }
        else
        {
            json.WriteString("secret", Text(auth, "application_credential_secret"));
            if (Text(auth, "application_credential_id") is { Length: > 0 } id)
            {
                json.WriteString("id", id);
            }
            else
            {
                json.WriteString("name", Text(auth, "application_credential_name"));
                WriteUser(json, auth, null);
            }
        }

        json.WriteEndObject();
        json.WriteEndObject();

        // An application credential has its own project; Keystone refuses a scope beside it.
        if (method == "password")
        {
            json.WriteStartObject("scope");
            json.WriteStartObject("project");
            if (Text(auth, "project_id") is { Length: > 0 } project) json.WriteString("id", project);
            else WriteNamed(json, Text(auth, "project_name"), auth, "project_domain");
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        return memory.ToArray();
    }

    private static void WriteUser(Utf8JsonWriter json, YamlMappingNode? auth, string? password)
    {
        json.WriteStartObject("user");
        if (Text(auth, "user_id") is { Length: > 0 } id) json.WriteString("id", id);
        else WriteNamed(json, Text(auth, "username"), auth, "user_domain");
        if (password is not null) json.WriteString("password", password);
        json.WriteEndObject();
    }

    private static void WriteNamed(Utf8JsonWriter json, string name, YamlMappingNode? auth, string domain)
    {
        json.WriteString("name", name);
        json.WriteStartObject("domain");
        if (Text(auth, domain + "_id") is { Length: > 0 } id) json.WriteString("id", id);
        else json.WriteString("name", Text(auth, domain + "_name") is { Length: > 0 } called ? called : "Default");
        json.WriteEndObject();
    }
}
