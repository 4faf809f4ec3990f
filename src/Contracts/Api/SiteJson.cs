using System.Text.Json;
using System.Text.Json.Serialization;

namespace Opportunism.Contracts.Api;

/// <summary>How the API's messages are written as JSON; generated at build, so that programs compiled ahead of time can use it.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.Never)]
[JsonSerializable(typeof(NodeView))]
[JsonSerializable(typeof(IReadOnlyList<NodeView>))]
[JsonSerializable(typeof(SnoozeNode))]
[JsonSerializable(typeof(ImageView))]
[JsonSerializable(typeof(IReadOnlyList<ImageView>))]
[JsonSerializable(typeof(NewVm))]
[JsonSerializable(typeof(VmView))]
[JsonSerializable(typeof(IReadOnlyList<VmView>))]
[JsonSerializable(typeof(ConsoleView))]
[JsonSerializable(typeof(EventView))]
[JsonSerializable(typeof(IReadOnlyList<EventView>))]
[JsonSerializable(typeof(NewJoinToken))]
[JsonSerializable(typeof(IReadOnlyList<JoinTokenView>))]
[JsonSerializable(typeof(NewPersonToken))]
[JsonSerializable(typeof(IReadOnlyList<PersonTokenView>))]
[JsonSerializable(typeof(MintedToken))]
[JsonSerializable(typeof(IReadOnlyList<CloudRightView>))]
[JsonSerializable(typeof(SiteStatus))]
[JsonSerializable(typeof(SiteFile))]
[JsonSerializable(typeof(Problem))]
public sealed partial class SiteJson : JsonSerializerContext;
