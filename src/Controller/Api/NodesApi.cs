using Microsoft.AspNetCore.Http.HttpResults;
using Opportunism.Contracts;
using Opportunism.Contracts.Api;
using Opportunism.Controller.Fleet;
using Opportunism.Controller.Reports;
using Opportunism.Core;
using Opportunism.Server.Http;

namespace Opportunism.Controller.Api;

/// <summary>Nodes: read, snooze, drain, revoke.</summary>
internal static class NodesApi
{
    public static void MapNodes(this IEndpointRouteBuilder routes)
    {
        var nodes = routes.MapGroup("/v1/nodes").WithMetadata(Answers.SmallRequests).WithTags("nodes");
        nodes.MapGet("", (NodeRegistry fleet, NodeViews views) => (IReadOnlyList<NodeView>)[.. fleet.Nodes.Select(views.ViewOf)])
            .RequireAuthorization(Answers.Viewer).WithName("listNodes");
        nodes.MapGet("/{id}", Show).RequireAuthorization(Answers.Viewer).WithName("showNode");
        nodes.MapPost("/{id}/snooze", SnoozeAsync).RequireAuthorization(Answers.Operator).WithName("snoozeNode");
        nodes.MapPost("/{id}/drain", (string id, NodeRegistry fleet, NodeViews views, CancellationToken cancellationToken) =>
            SetFlagsAsync(
                id, node => node with { Drained = true }, fleet, views,
                cancellationToken)).RequireAuthorization(Answers.Operator).WithName("drainNode");
        nodes.MapPost("/{id}/undrain", (string id, NodeRegistry fleet, NodeViews views, CancellationToken cancellationToken) =>
            SetFlagsAsync(
                id, node => node with { Drained = false }, fleet, views,
                cancellationToken)).RequireAuthorization(Answers.Operator).WithName("undrainNode");
        nodes.MapPost("/{id}/revoke", RevokeAsync).RequireAuthorization(Answers.Admin).WithName("revokeNode");
    }

    private static Results<Ok<NodeView>, ProblemHttpResult> Show(string id, NodeRegistry fleet, NodeViews views) =>
        NodeId.TryParse(id, out var node) && fleet.Find(node) is { } record
            ? TypedResults.Ok(views.ViewOf(record))
            : Answers.NoSuch("node", id);

    private static async Task<Results<Ok<NodeView>, ProblemHttpResult>> SnoozeAsync(
        string id, SnoozeNode snooze, NodeRegistry fleet, NodeViews views, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (snooze.Until > now + SnoozeLimit.Longest)
            return Answers.Wrong(
                $"The snooze would end {snooze.Until:u} (--for, --until); allowed is at most {SnoozeLimit.Longest.TotalDays} d from now. "
                    + "To keep a node empty for longer, drain it.");
        return await SetFlagsAsync(
            id, node => node with { SnoozedUntil = snooze.Until > now ? snooze.Until : null }, fleet, views, cancellationToken);
    }

    private static async Task<Results<Ok<NodeView>, ProblemHttpResult>> RevokeAsync(
        string id, NodeRegistry fleet, NodeViews views, OpenStreams streams, CancellationToken cancellationToken)
    {
        try
        {
            return await SetFlagsAsync(id, node => node with { Revoked = true }, fleet, views, cancellationToken);
        }
        finally
        {
            // Also where a listener failed after the change was stored.
            if (NodeId.TryParse(id, out var node) && fleet.Find(node) is { Revoked: true }) streams.Cut(node);
        }
    }

    private static async Task<Results<Ok<NodeView>, ProblemHttpResult>> SetFlagsAsync(
        string id, Func<NodeRecord, NodeRecord> change, NodeRegistry fleet, NodeViews views, CancellationToken cancellationToken)
    {
        if (!NodeId.TryParse(id, out var node) || fleet.Find(node) is not { } record) return Answers.NoSuch("node", id);
        if (record.Revoked) return Answers.Conflict($"Node {id} is revoked; enrol the desktop again.");
        await fleet.SetFlagsAsync(node, change, cancellationToken);
        return TypedResults.Ok(views.ViewOf(fleet.Find(node)!));
    }
}
