namespace Opportunism.Clouds.OpenStack;

/// <summary>Sends one request within its time limit. No network exception leaves it.</summary>
internal sealed class HttpExchange(IHttpClientFactory http, TimeProvider time)
{
    /// <summary>Name of the client that the factory creates: its certificates and its retry are set up in
    /// <see cref="OpenStackParts"/>.</summary>
    public const string ClientName = "openstack";

    // The longest Retry-After that is obeyed, since owners wait.
    private static readonly TimeSpan MostPatience = TimeSpan.FromMinutes(5);

    /// <summary>The response.</summary>
    /// <param name="Status">The HTTP status; 0 when there was no response.</param>
    /// <param name="Problem">Why there was no response, as the end of a sentence about the service; empty when there was one.</param>
    /// <param name="Body">The content.</param>
    /// <param name="RetryAfter">How long the service asks not to be called again; null when it does not.</param>
    /// <param name="SubjectToken">Keystone's header with a new token; empty in any other response.</param>
    public readonly record struct Outcome(int Status, string Problem, byte[] Body, TimeSpan? RetryAfter, string SubjectToken);

    /// <summary>Sends a request, which cannot be sent again.</summary>
    public async Task<Outcome> SendAsync(HttpRequestMessage request, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            using var client = http.CreateClient(ClientName);
            using var response = await client.SendAsync(request, either.Token);
            var body = await response.Content.ReadAsByteArrayAsync(either.Token);
            var token = response.Headers.TryGetValues("X-Subject-Token", out var values) ? values.First() : "";
            return new((int)response.StatusCode, "", body, RetryAfterOf(response), token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return None(FormattableString.Invariant($"timed out after {limit.TotalSeconds:0.#} s"));
        }
        catch (HttpRequestException failure)
        {
            return None($"could not be reached ({failure.InnerException?.Message ?? failure.Message})");
        }
        catch (Exception failure) when (
            failure is IOException or UnauthorizedAccessException or System.Security.Cryptography.CryptographicException)
        {
            return None($"could not be reached ({failure.Message})");
        }
    }

    private static Outcome None(string problem) => new(0, problem, [], null, "");

    private TimeSpan? RetryAfterOf(HttpResponseMessage response)
    {
        if (response.Headers.RetryAfter is not { } after) return null;
        var wait = after.Delta ?? (after.Date - time.GetUtcNow()) ?? TimeSpan.Zero;
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait < MostPatience ? wait : MostPatience;
    }
}
