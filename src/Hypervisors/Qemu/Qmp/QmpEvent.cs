using System.Text.Json;

namespace Opportunism.Hypervisors.Qemu.Qmp;

/// <summary>An event that QEMU sent.</summary>
/// <param name="Name">Such as <c>SHUTDOWN</c>.</param>
/// <param name="Data">Its details; undefined where it has none.</param>
internal readonly record struct QmpEvent(string Name, JsonElement Data);
