using Grpc.Core;
using Grpc.Core.Interceptors;
using Opportunism.Controller.Fleet;
using Opportunism.Core;
using Opportunism.Server.Access;

namespace Opportunism.Controller.Reports;

/// <summary>Accepts calls only of enrolled nodes, each for itself, and maps exceptions to a status code and one log line.</summary>
internal sealed partial class NodeAuthentication(NodeRegistry fleet, ILogger<NodeAuthentication> log) : Interceptor
{
    private const string EnrolPath = "/opportunism.nodes.v1.Nodes/Enrol";
    private const int LongestCredential = 256;
    private static readonly object NodeKey = new();

    /// <summary>The node that makes this call.</summary>
    public static NodeId CallerOf(ServerCallContext context) => (NodeId)context.UserState[NodeKey];

    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
        GuardAsync(context, () => continuation(request, context));

    public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context,
        ClientStreamingServerMethod<TRequest, TResponse> continuation) =>
        GuardAsync(context, () => continuation(requestStream, context));

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation) =>
        GuardAsync(context, async () =>
        {
            await continuation(request, responseStream, context);
            return true;
        });

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation) =>
        GuardAsync(context, async () =>
        {
            await continuation(requestStream, responseStream, context);
            return true;
        });

    private async Task<T> GuardAsync<T>(ServerCallContext context, Func<Task<T>> call)
    {
        var caller = "nobody";
        try
        {
            if (context.Method != EnrolPath)
            {
                var node = Authenticate(context.RequestHeaders.GetValue("authorization"));
                context.UserState[NodeKey] = node;
                caller = node.Value;
            }

            return await call();
        }
        catch (RpcException refusal)
        {
            if (refusal.StatusCode is StatusCode.Unauthenticated or StatusCode.InvalidArgument or StatusCode.PermissionDenied
                or StatusCode.ResourceExhausted)
                CallRefused(context.Method, caller, context.Peer, refusal.StatusCode, refusal.Status.Detail);
            throw;
        }
        catch (Exception failure) when (context.CancellationToken.IsCancellationRequested)
        {
            CallEnded(context.Method, caller, failure.Message);
            throw new RpcException(new Status(StatusCode.Cancelled, "the call was cut"));
        }
        catch (OperationCanceledException)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "the controller ends this call; call again"));
        }
        catch (Exception failure)
        {
            CallFailed(context.Method, caller, failure);
            throw new RpcException(new Status(StatusCode.Unavailable, "the controller could not do this now; try again"));
        }
    }

    private NodeId Authenticate(string? header)
    {
        const string scheme = "Node ";
        if (header is { Length: > 5 and < LongestCredential } && header.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)
            && header[scheme.Length..].Split(':') is [var id, var secret]
            && NodeId.TryParse(id, out var node) && fleet.Find(node) is { Revoked: false } known
                && Secrets.Matches(secret, known.SecretHash))
        {
            return node;
        }

        throw new RpcException(
            new Status(StatusCode.Unauthenticated, "the node is unknown here or was revoked; enrol it with a join token"));
    }
}
