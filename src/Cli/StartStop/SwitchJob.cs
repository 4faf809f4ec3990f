using Opportunism.Core;
using Opportunism.Core.Fleet;

namespace Opportunism.Cli.StartStop;

/// <summary>The job of <c>start-node</c> or <c>stop-node</c>.</summary>
/// <param name="Command">The command's name.</param>
/// <param name="Opposite">The command that undoes it.</param>
/// <param name="Host">The compute host's name in Nova.</param>
/// <param name="Node">The same for the driver.</param>
/// <param name="Target">The target of the host in Nova.</param>
internal sealed record SwitchJob(string Command, string Opposite, string Host, NodeId Node, HostTarget Target);
