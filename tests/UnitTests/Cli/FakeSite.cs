using System.Net;
using System.Text;

namespace Opportunism.UnitTests.Cli;

/// <summary>Answers the command line's requests from a list and remembers them.</summary>
internal sealed class FakeSite : HttpMessageHandler
{
    private readonly Dictionary<string, (HttpStatusCode Status, string Body)> answers = [];

    private (int AfterBytes, CancellationTokenSource? Interrupt, string[] Requests) interruption;

    public List<string> Requests { get; } = [];

    public List<string> Bodies { get; } = [];

    public FakeSite Answers(string request, string body, HttpStatusCode status = HttpStatusCode.OK)
    {
        answers[request] = (status, body);
        return this;
    }

    /// <summary>A person's Ctrl-C comes when so many bytes of a request's body have been taken: of these requests, or of any.</summary>
    public FakeSite Interrupts(int afterBytes, CancellationTokenSource interrupt, params string[] requests)
    {
        interruption = (afterBytes, interrupt, requests);
        return this;
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var asked = $"{request.Method} {request.RequestUri!.PathAndQuery}";
        Requests.Add(asked);
        if (interruption is { Interrupt: { } interrupt } at && (at.Requests.Length == 0 || at.Requests.Contains(asked)))
        {
            if (request.Content is not null)
                await request.Content.CopyToAsync(new InterruptedStream(at.AfterBytes, interrupt), cancellationToken);
            await interrupt.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
        }

        Bodies.Add(request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken));
        var (status, body) = answers.GetValueOrDefault(asked, (HttpStatusCode.NotFound, """{"detail":"There is nothing of that name."}"""));
        return new(status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
    }

    private sealed class InterruptedStream(int afterBytes, CancellationTokenSource interrupt) : MemoryStream
    {
        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await base.WriteAsync(buffer, cancellationToken);
            if (Length <= afterBytes) return;
            await interrupt.CancelAsync();
            throw new OperationCanceledException(interrupt.Token);
        }
    }
}
