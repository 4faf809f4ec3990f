using System.Text.Json;
using System.Text.Json.Serialization;
using Opportunism.Core;
using Opportunism.Files;

namespace Opportunism.Agent.Enrolment;

/// <summary>Keeps the node's identity in its state folder, readable only by the agent's user.</summary>
internal sealed class IdentityFile(string stateFolder)
{
    /// <summary>The file.</summary>
    public string Path { get; } = System.IO.Path.Combine(stateFolder, "node.json");

    /// <summary>The identity, or null when the node is not enrolled.</summary>
    /// <exception cref="InvalidDataException">The file exists and is invalid.</exception>
    public NodeIdentity? Read()
    {
        if (!File.Exists(Path)) return null;
        try
        {
            var stored = JsonSerializer.Deserialize(File.ReadAllBytes(Path), IdentityJson.Default.StoredIdentity);
            if (stored is not null && NodeId.TryParse(stored.Node, out var node)
                && stored is { Secret.Length: > 0, CaFingerprint.Length: 64 })
                return new(node, stored.Secret, stored.CaFingerprint);
        }
        catch (JsonException)
        {
            // Reported below, like an incomplete file.
        }

        throw new InvalidDataException($"{Path} is not a node's identity. Delete it and enrol the node again with a new join token.");
    }

    /// <summary>Writes the identity so that the file is complete or does not exist, also after a power cut.</summary>
    public void Write(NodeIdentity identity) =>
        DurableFile.Replace(
            Path,
            JsonSerializer.SerializeToUtf8Bytes(
                new StoredIdentity(identity.Node.Value, identity.Secret, identity.CaFingerprint), IdentityJson.Default.StoredIdentity));
}

/// <summary>The file's content.</summary>
internal sealed record StoredIdentity(string Node, string Secret, string CaFingerprint);

/// <summary>Its JSON format.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(StoredIdentity))]
internal sealed partial class IdentityJson : JsonSerializerContext;
