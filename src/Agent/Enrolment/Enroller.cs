using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging;
using Opportunism.Agent.Running;
using Opportunism.Contracts;
using Opportunism.Contracts.Nodes;
using Opportunism.Core;

namespace Opportunism.Agent.Enrolment;

/// <summary>Turns a join token into this node's own secret, once.</summary>
internal sealed partial class Enroller(SiteOptions options, IdentityFile identities, ILogger<Enroller> log)
{
    private bool logged;

    /// <summary>This node's identity, enrolling it first where a join token is waiting; null while there is neither.</summary>
    /// <exception cref="RpcException">The controller was unreachable or rejected the token.</exception>
    /// <exception cref="InvalidDataException">The token or the reply is invalid.</exception>
    public async Task<NodeIdentity?> IdentityAsync(CancellationToken cancellationToken)
    {
        var file = File.Exists(options.JoinTokenFile) ? options.JoinTokenFile : null;
        if (identities.Read() is { } known)
        {
            if (file is not null && FirstTime()) LogTokenUnused(known.Node, file, identities.Path);
            return known;
        }

        if (file is null)
        {
            if (FirstTime()) LogNoToken(options.JoinTokenFile ?? "");
            return null;
        }

        if (!JoinToken.TryParse((await File.ReadAllTextAsync(file, cancellationToken)).Trim(), out var token))
            throw new InvalidDataException($"{file} holds no join token. Make one on the controller with 'opportunism token create'.");

        using var channel = GrpcChannel.ForAddress(
            options.Controller!,
            new GrpcChannelOptions { HttpHandler = new PinnedCa(token.CaFingerprint).CreateHandler(), DisposeHttpClient = true });
        var reply = await new Nodes.NodesClient(channel).EnrolAsync(
            new EnrolRequest
            {
                ContractVersion = NodeContract.Version,
                JoinSecret = token.Secret,
                ProposedName = options.NodeName,
                AgentVersion = AgentVersion.Text,
            },
            deadline: null, cancellationToken: cancellationToken);
        if (!NodeId.TryParse(reply.NodeId, out var node) || reply.NodeSecret.Length is 0 or > 256)
            throw new InvalidDataException("The controller's reply to the enrolment has no node name. Is it an older version?");
        var identity = new NodeIdentity(node, reply.NodeSecret, token.CaFingerprint);
        identities.Write(identity);
        // Used up, so of no use to anyone who finds it.
        File.Delete(file);
        LogEnrolled(node);
        return identity;
    }

    // It is called again at every retry.
    private bool FirstTime()
    {
        var first = !logged;
        logged = true;
        return first;
    }
}
