using Opportunism.Core;

namespace Opportunism.Agent.Enrolment;

/// <summary>Who this node is at its site.</summary>
/// <param name="Node">Its name there.</param>
/// <param name="Secret">Proves its identity; never logged.</param>
/// <param name="CaFingerprint">SHA-256 of the site's CA, 64 lower-case hexadecimal digits.</param>
internal sealed record NodeIdentity(NodeId Node, string Secret, string CaFingerprint)
{
    /// <summary>Leaves the secret out.</summary>
    public override string ToString() => $"node {Node}";
}
