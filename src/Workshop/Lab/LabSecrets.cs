using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Opportunism.Workshop.Lab;

/// <summary>The passwords of one lab: made at their first use, kept in a file that only root can read, never in arguments or
/// logs.</summary>
[SupportedOSPlatform("linux")]
internal sealed class LabSecrets
{
    private readonly string path;
    private readonly Dictionary<string, string> known;

    public LabSecrets(string path)
    {
        this.path = path;
        known = File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllText(path), LabJson.Default.DictionaryStringString)! : [];
    }

    /// <summary>The secret with that name; letters and digits only, so that it needs no quotes in any of the lab's files.</summary>
    public string this[string name]
    {
        get
        {
            if (known.TryGetValue(name, out var secret)) return secret;
            secret = known[name] = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(20));
            PrivateFile.Write(path, JsonSerializer.Serialize(known, LabJson.Default.DictionaryStringString), LabUser.Root);
            return secret;
        }
    }

    /// <summary>A secret in RabbitMQ's format: salt and SHA-256. The salt is kept too, so that the file does not change.</summary>
    public string RabbitMqHash(string name)
    {
        var salt = Convert.FromHexString(this[name + "-salt"])[..4];
        return Convert.ToBase64String([.. salt, .. SHA256.HashData([.. salt, .. Encoding.UTF8.GetBytes(this[name])])]);
    }
}
