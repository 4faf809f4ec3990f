using Opportunism.Core;
using Opportunism.Core.Fleet;

namespace Opportunism.Cli.StartStop;

/// <summary>What <c>start-node</c> or <c>stop-node</c> is asked to bring about.</summary>
/// <param name="Command">The command's name.</param>
/// <param name="Opposite">The command that undoes it.</param>
/// <param name="Host">The compute host, as Nova calls it.</param>
/// <param name="Node">The same for the driver.</param>
/// <param name="Target">How the host should stand with Nova.</param>
internal sealed record SwitchJob(string Command, string Opposite, string Host, NodeId Node, HostTarget Target);
