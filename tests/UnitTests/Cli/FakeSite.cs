using System.Net;
using System.Text;

namespace Opportunism.UnitTests.Cli;

/// <summary>Answers the command line's requests from a list and remembers them.</summary>
internal sealed class FakeSite : HttpMessageHandler
{
    private readonly Dictionary<string, (HttpStatusCode Status, string Body)> answers = [];

    public List<string> Requests { get; } = [];

    public List<string> Bodies { get; } = [];

    public FakeSite Answers(string request, string body, HttpStatusCode status = HttpStatusCode.OK)
    {
        answers[request] = (status, body);
        return this;
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var asked = $"{request.Method} {request.RequestUri!.PathAndQuery}";
        Requests.Add(asked);
        Bodies.Add(request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken));
        var (status, body) = answers.GetValueOrDefault(asked, (HttpStatusCode.NotFound, """{"detail":"There is nothing of that name."}"""));
        return new(status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
    }
}
