using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Opportunism.Hypervisors.Qemu;

/// <summary>The JSON files of a guest, without reflection.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip)]
[JsonSerializable(typeof(GuestRecord))]
[JsonSerializable(typeof(ProcessRecord))]
[JsonSerializable(typeof(CheckpointManifest))]
[JsonSerializable(typeof(ProbeRecord))]
internal sealed partial class QemuJson : JsonSerializerContext
{
    /// <summary>Larger files are invalid: the manifest of a 1 TiB guest has 4 MiB.</summary>
    private const int LargestFile = 16 * 1024 * 1024;

    /// <summary>Reads a file, or returns null when it is missing or invalid.</summary>
    public static T? Read<T>(string path, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists || file.Length > LargestFile || file.LinkTarget is not null) return null;
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), type);
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            return null; // the caller decides what a missing file means for the guest
        }
    }
}
