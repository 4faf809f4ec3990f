using System.Text.Json;

namespace Opportunism.Hypervisors.Qemu.Qmp;

/// <summary>Something QEMU tells by itself.</summary>
/// <param name="Name">Such as <c>SHUTDOWN</c>.</param>
/// <param name="Data">Its details; undefined where it has none.</param>
internal readonly record struct QmpEvent(string Name, JsonElement Data);
