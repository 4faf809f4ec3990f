using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Opportunism.UnitTests.Controller;

/// <summary>A slow network to the nodes: from when a test says so, each plan's write takes until the test lets it go on.</summary>
internal sealed class HeldPlans : Interceptor
{
    private readonly TaskCompletionSource met = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether writes are held.</summary>
    public bool Holds { get; set; }

    /// <summary>Done as soon as a write is held.</summary>
    public Task Met => met.Task;

    /// <summary>Lets all go on.</summary>
    public void GoOn() => goOn.SetResult();

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation) =>
        continuation(requestStream, new Writer<TResponse>(this, responseStream), context);

    private sealed class Writer<T>(HeldPlans plans, IServerStreamWriter<T> to) : IServerStreamWriter<T>
    {
        public WriteOptions? WriteOptions
        {
            get => to.WriteOptions;
            set => to.WriteOptions = value;
        }

        public Task WriteAsync(T message) => WriteAsync(message, CancellationToken.None);

        public async Task WriteAsync(T message, CancellationToken cancellationToken)
        {
            if (plans.Holds)
            {
                plans.met.TrySetResult();
                await plans.goOn.Task;
            }

            await to.WriteAsync(message, cancellationToken);
        }
    }
}
