using System.Text.Json.Serialization;

namespace Opportunism.Workshop.Lab;

/// <summary>JSON of the lab's own files and of its commands' output.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(LabShape))]
[JsonSerializable(typeof(Dictionary<string, string>))]
[JsonSerializable(typeof(LabState))]
internal sealed partial class LabJson : JsonSerializerContext;
