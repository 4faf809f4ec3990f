using System.Text.Json;
using System.Text.Json.Serialization;

namespace Opportunism.Contracts.Local;

/// <summary>How <see cref="LocalRequest"/> and <see cref="LocalReply"/> are written as JSON.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(LocalRequest))]
[JsonSerializable(typeof(LocalReply))]
public sealed partial class LocalJson : JsonSerializerContext;
