using Grpc.Core;
using Opportunism.Clouds;
using Opportunism.Contracts;
using Opportunism.Contracts.Api;
using Opportunism.Contracts.Nodes;
using Opportunism.Controller.Clouds;
using Opportunism.Controller.Fleet;
using Opportunism.Controller.Store;
using Opportunism.Core;
using Opportunism.Core.Health;
using Opportunism.Server.Access;
using Opportunism.Server.Events;
using Opportunism.Server.Limits;

namespace Opportunism.Controller.Enrolment;

/// <summary>Makes join tokens, and enrols the desktops that present one.</summary>
internal sealed class NodeEnrolment(
    JoinTokenStore tokens, NodeStore nodes, NodeRegistry fleet, SiteClouds clouds, ServerKeys keys, AttemptLimit attempts, EventLog events,
    TimeProvider time) : IDisposable
{
    // Names already in use get a number; after so many tries the desktop's administrator should choose one.
    private const int MostNumbers = 1000;

    private readonly SemaphoreSlim oneAtATime = new(1, 1);

    /// <summary>Makes a join token.</summary>
    /// <param name="uses">How many nodes may enrol with it.</param>
    /// <param name="validFor">How long it may be used.</param>
    /// <param name="note">What it is for.</param>
    /// <param name="cloud">Name of the cloud that its nodes belong to; empty for the one that the settings give them.</param>
    /// <param name="names">Names and patterns of the nodes that may enrol with it, separated by commas; empty for any.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<MintedToken> CreateTokenAsync(
        int uses, TimeSpan validFor, string note, string cloud, string names, CancellationToken cancellationToken)
    {
        var token = JoinToken.New(keys.CaFingerprint);
        var now = time.GetUtcNow();
        var row = new JoinTokenRow
        {
            Id = Guid.NewGuid().ToString("N"),
            SecretHash = Secrets.Hash(token.Secret),
            UsesLeft = uses,
            Created = now,
            Expires = now + validFor,
            Note = note,
            Cloud = cloud,
            Names = names,
        };
        await tokens.AddAsync(row, cancellationToken);
        return new(row.Id, token.Format(), row.Expires);
    }

    public async Task<EnrolReply> EnrolAsync(EnrolRequest request, string address, CancellationToken cancellationToken)
    {
        if (!attempts.MayTry(address))
            throw new RpcException(
                new Status(StatusCode.ResourceExhausted, "too many enrolments from this address; try again in a minute"));
        if (request.ContractVersion == 0) throw new RpcException(new Status(StatusCode.InvalidArgument, "contract_version is missing"));
        if (request.JoinSecret.Length is 0 or > 200) throw Unknown();
        var proposed = request.ProposedName.ToLowerInvariant();
        if (!NodeId.TryParse(proposed, out _))
            throw new RpcException(new Status(StatusCode.InvalidArgument, "proposed_name is not 1 to 63 characters of a-z 0-9 . -"));
        var token = await tokens.FindAsync(Secrets.Hash(request.JoinSecret), cancellationToken);
        if (token is not { Revoked: false, UsesLeft: > 0 } || token.Expires <= time.GetUtcNow()) throw Unknown();

        await oneAtATime.WaitAsync(cancellationToken);
        try
        {
            var secret = Secrets.New();
            var node = Former(proposed, token) is { } former
                ? await EnrolAgainAsync(former, secret, token, cancellationToken)
                : await EnrolNewAsync(proposed, secret, token, cancellationToken);
            events.Add("node.enrolled", HealthSeverity.Note, node, null, $"Node {node}: enrolled from {address}");
            return new EnrolReply { NodeId = node.Value, NodeSecret = secret };
        }
        finally
        {
            oneAtATime.Release();
        }
    }

    private async Task<NodeId> EnrolNewAsync(string proposed, string secret, JoinTokenRow token, CancellationToken cancellationToken)
    {
        var id = FreeName(proposed);
        if (!MayEnrol(token, proposed) || !MayEnrol(token, id.Value))
            throw new RpcException(
                new Status(StatusCode.PermissionDenied, $"the join token is for nodes named {token.Names}, and this one would be {id}"));
        var node = new NodeRecord
        {
            Id = id,
            SecretHash = Secrets.Hash(secret),
            Enrolled = time.GetUtcNow(),
            Cloud = CloudOf(NodeId.Parse(proposed), token).Name,
        };
        var row = new NodeRow { Id = id.Value, SecretHash = node.SecretHash, Enrolled = node.Enrolled, Cloud = node.Cloud };
        if (!await nodes.EnrolAsync(row, token.Id, cancellationToken)) throw Unknown();
        await fleet.AddAsync(node, cancellationToken);
        return id;
    }

    /// <summary>Gives a node's name to the desktop that presents a token for exactly that name: a desktop that was installed again, or the
    /// one that replaces it. Its earlier credential is no longer valid.</summary>
    private async Task<NodeId> EnrolAgainAsync(
        NodeRecord former, string secret, JoinTokenRow token, CancellationToken cancellationToken)
    {
        if (clouds.Find(former.Cloud) is null || (token.Cloud.Length > 0 && token.Cloud != former.Cloud))
            throw NoCloud($"node {former.Id} belongs to the cloud {former.Cloud}; use another name, or a join token for that cloud");
        var (hash, now) = (Secrets.Hash(secret), time.GetUtcNow());
        if (!await nodes.EnrolAgainAsync(former.Id.Value, hash, now, token.Id, cancellationToken)) throw Unknown();
        await fleet.EnrolAgainAsync(former.Id, hash, now);
        return former.Id;
    }

    /// <summary>The node that has the proposed name already, where the token names it and not only a pattern that it fits.</summary>
    private NodeRecord? Former(string proposed, JoinTokenRow token) =>
        CommaList.Read(token.Names).Contains(proposed) ? fleet.Find(NodeId.Parse(proposed)) : null;

    private static bool MayEnrol(JoinTokenRow token, string name) =>
        token.Names.Length == 0 || CommaList.Read(token.Names).Any(pattern => NodePatterns.Fits(pattern, name));

    public void Dispose() => oneAtATime.Dispose();

    /// <summary>The cloud that a node will belong to: the join token's, else the one that the settings give the name that it proposed: a
    /// number that was added to it changes nothing.</summary>
    private Cloud CloudOf(NodeId node, JoinTokenRow token)
    {
        if (token.Cloud.Length > 0)
            return clouds.Find(token.Cloud)
                ?? throw NoCloud($"the join token is for the cloud {token.Cloud}, which this site no longer has; ask for a new one");
        return clouds.For(node) ?? throw NoCloud($"no cloud of this site takes a node named {node}; ask for a join token that names one");
    }

    private static RpcException NoCloud(string sentence) => new(new Status(StatusCode.FailedPrecondition, sentence));

    /// <summary>The proposed name, or with a number when another desktop has or had it: a name is never used again.</summary>
    private NodeId FreeName(string proposed)
    {
        if (NodeId.TryParse(proposed, out var id) && fleet.Find(id) is null) return id;
        for (var number = 2; number < MostNumbers; number++)
        {
            var suffix = $"-{number}";
            var stem = proposed.Length + suffix.Length > Names.MaxLength ? proposed[..(Names.MaxLength - suffix.Length)] : proposed;
            if (NodeId.TryParse(stem + suffix, out var numbered) && fleet.Find(numbered) is null) return numbered;
        }

        throw new RpcException(new Status(StatusCode.AlreadyExists, "too many nodes have this name; propose another one"));
    }

    // The same error for every case, so that a guesser learns nothing.
    private static RpcException Unknown() =>
        new(new Status(StatusCode.Unauthenticated, "the join token is unknown, used up, revoked or has ended; ask for a new one"));
}
