using Grpc.Core;
using Opportunism.Contracts.Nodes;
using Opportunism.Controller.Enrolment;
using Opportunism.Controller.Fleet;
using Opportunism.Controller.Settings;
using Opportunism.Controller.Tenants;
using Opportunism.Core;
using Opportunism.Server.Limits;

namespace Opportunism.Controller.Reports;

/// <summary>The calls that agents make (src/Contracts/Nodes/nodes.proto); numbers are those of the contract.</summary>
internal sealed class NodesEndpoint(
    NodeRegistry fleet,
    NodePlans plans,
    NodeEnrolment enrolment,
    OpenStreams streams,
    GuestTransfers transfers,
    ControllerOptions options,
    IHostApplicationLifetime lifetime,
    TimeProvider time) : Nodes.NodesBase
{
    // A node that was slowed so often without a pause ignores the back pressure.
    private const int SlowedUntilCut = 50;

    private static readonly TimeSpan LastPlanWithin = TimeSpan.FromSeconds(5);

    /// <summary>1. Enrols a new desktop.</summary>
    public override async Task<EnrolReply> Enrol(EnrolRequest request, ServerCallContext context)
    {
        var reply = await enrolment.EnrolAsync(request, AddressOf(context), context.CancellationToken);

        // Of the desktop that had this name before.
        streams.Cut(NodeId.Parse(reply.NodeId));
        return reply;
    }

    /// <summary>2. The stream that a node keeps open.</summary>
    public override async Task Connect(
        IAsyncStreamReader<NodeReport> requestStream, IServerStreamWriter<NodePlan> responseStream, ServerCallContext context)
    {
        var node = NodeAuthentication.CallerOf(context);
        using var end = Linked(node, context);
        using var breakOff = new CancellationTokenSource();
        var writing = WritePlansAsync(node, responseStream, end.Token, breakOff.Token);
        try
        {
            await ReadReportsAsync(node, requestStream, end.Token);
        }
        catch (OperationCanceledException) when (fleet.Find(node) is { Revoked: true })
        {
            throw new RpcException(new Status(StatusCode.Unauthenticated, "node revoked; enrol it again with a join token"));
        }
        finally
        {
            await end.CancelAsync();

            // Aborting a write resets the call, and the node would not receive the reason: only for a write that hangs.
            breakOff.CancelAfter(LastPlanWithin);
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>3. Reads an image that a guest in this node's plan needs.</summary>
    public override async Task ReadImage(ReadImageRequest request, IServerStreamWriter<Chunk> responseStream, ServerCallContext context)
    {
        var node = NodeAuthentication.CallerOf(context);
        using var end = Linked(node, context);
        await transfers.ReadImageAsync(node, request, responseStream, end.Token);
    }

    /// <summary>5. Reads the disk of a guest that is placed on this node.</summary>
    public override async Task ReadDisk(ReadDiskRequest request, IServerStreamWriter<Chunk> responseStream, ServerCallContext context)
    {
        var node = NodeAuthentication.CallerOf(context);
        using var end = Linked(node, context);
        await transfers.ReadDiskAsync(node, request, responseStream, end.Token);
    }

    /// <summary>4. Receives the disk of a guest that leaves this node.</summary>
    public override async Task<WriteDiskReply> WriteDisk(IAsyncStreamReader<WriteDiskRequest> requestStream, ServerCallContext context)
    {
        var node = NodeAuthentication.CallerOf(context);
        using var end = Linked(node, context);
        return await transfers.WriteDiskAsync(node, requestStream, end.Token);
    }

    /// <summary>6. Receives new console output of a guest.</summary>
    public override Task<WriteConsoleReply> WriteConsole(WriteConsoleRequest request, ServerCallContext context) =>
        Task.FromResult(transfers.WriteConsole(NodeAuthentication.CallerOf(context), request));

    private async Task ReadReportsAsync(NodeId node, IAsyncStreamReader<NodeReport> reports, CancellationToken cancellationToken)
    {
        var bucket = new TokenBucket(options.ReportsPerSecond, options.ReportsPerSecond * 3, time);
        var slowed = 0;
        while (await reports.MoveNext(cancellationToken))
        {
            if (ReportLimits.Problem(reports.Current) is { } problem)
                throw new RpcException(new Status(StatusCode.InvalidArgument, $"the report was refused: {problem}"));
            if (bucket.IsFull) slowed = 0;
            var wait = bucket.Take();
            if (wait > TimeSpan.Zero) slowed++;
            if (slowed > SlowedUntilCut)
                throw new RpcException(
                    new Status(StatusCode.ResourceExhausted, "too many reports; send the newest one at most a few times a second"));

            // Reading more slowly is what slows the sender.
            if (wait > TimeSpan.Zero) await Task.Delay(wait, time, cancellationToken);
            ReportTexts.MakePrintable(reports.Current);
            await fleet.ReportAsync(node, reports.Current, cancellationToken);
        }
    }

    private async Task WritePlansAsync(
        NodeId node, IServerStreamWriter<NodePlan> plansOut, CancellationToken end, CancellationToken breakOff)
    {
        var level = plans.LevelOf(node) ?? throw new InvalidOperationException($"Node {node} has no plan.");
        var plan = level.Current;
        while (true)
        {
            await plansOut.WriteAsync(plan, breakOff);
            plan = await level.NewerThanAsync(plan, end);
        }
    }

    /// <summary>Ends with the call, the node's revocation or the program.</summary>
    private CancellationTokenSource Linked(NodeId node, ServerCallContext context)
    {
        var token = streams.TokenOf(node);

        // It may have been revoked between authentication and here.
        if (fleet.Find(node) is not { Revoked: false })
            throw new RpcException(new Status(StatusCode.Unauthenticated, "node revoked; enrol it again with a join token"));
        return CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, token, lifetime.ApplicationStopping);
    }

    private static string AddressOf(ServerCallContext context) =>
        context.GetHttpContext().Connection.RemoteIpAddress?.ToString() ?? "unknown";
}
