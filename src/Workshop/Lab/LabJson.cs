using System.Text.Json.Serialization;

namespace Opportunism.Workshop.Lab;

/// <summary>The lab's own files and what its commands print as JSON.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(LabShape))]
[JsonSerializable(typeof(Dictionary<string, string>))]
[JsonSerializable(typeof(LabState))]
internal sealed partial class LabJson : JsonSerializerContext;
