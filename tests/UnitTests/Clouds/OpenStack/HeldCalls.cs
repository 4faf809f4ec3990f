namespace Opportunism.UnitTests.Clouds.OpenStack;

/// <summary>Holds the calls whose address has one of these parts, deaf to being stopped, until the test ends each.</summary>
internal sealed class HeldCalls(params string[] parts) : DelegatingHandler
{
    private readonly Dictionary<string, (TaskCompletionSource Met, TaskCompletionSource<HttpResponseMessage> Answer)> held =
        parts.ToDictionary(
            part => part,
            _ => (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously),
                new TaskCompletionSource<HttpResponseMessage>()));

    /// <summary>Done as soon as such a call is made.</summary>
    public Task Met(string part) => held[part].Met.Task;

    /// <summary>Ends it as stopped; whatever follows from that without waiting has happened when this returns.</summary>
    public void End(string part) => held[part].Answer.SetCanceled();

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var part = held.Keys.FirstOrDefault(part => request.RequestUri!.AbsoluteUri.Contains(part, StringComparison.Ordinal));
        if (part is null) return base.SendAsync(request, cancellationToken);
        held[part].Met.TrySetResult();
        return held[part].Answer.Task;
    }
}
