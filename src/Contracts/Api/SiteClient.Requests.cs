using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Opportunism.Contracts.Api;

public sealed partial class SiteClient
{
    private static string Escape(string part) => Uri.EscapeDataString(part);

    private static JsonContent Json<T>(T value, JsonTypeInfo<T> type) => JsonContent.Create(value, type);

    private Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, path, null, type, cancellationToken);

    private async Task<T> SendAsync<T>(
        HttpMethod method, string path, HttpContent? body, JsonTypeInfo<T> type, CancellationToken cancellationToken,
        Action<HttpRequestMessage>? prepare = null)
    {
        using var response = await AnswerAsync(method, path, body, cancellationToken, prepare);
        try
        {
            return await response.Content.ReadFromJsonAsync(type, cancellationToken)
                ?? throw new SiteException($"{method} {path}: the site sent an empty reply. Is it an older version?", response.StatusCode);
        }
        catch (Exception failure) when (failure is JsonException or HttpRequestException or IOException)
        {
            throw new SiteException(
                $"{method} {path}: the site's reply could not be read ({failure.Message}).", response.StatusCode, failure);
        }
    }

    private async Task SendAsync(HttpMethod method, string path, CancellationToken cancellationToken)
    {
        using var response = await AnswerAsync(method, path, null, cancellationToken);
    }

    /// <summary>Sends a request and returns a successful response; its body may still be on its way.</summary>
    private async Task<HttpResponseMessage> AnswerAsync(
        HttpMethod method, string path, HttpContent? body, CancellationToken cancellationToken, Action<HttpRequestMessage>? prepare = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body };
        prepare?.Invoke(request);
        HttpResponseMessage response;
        try
        {
            response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException)
        {
            throw new SiteException(
                $"The site at {http.BaseAddress} could not be reached ({Innermost(failure).Message}). Is its controller running?", null,
                failure);
        }
        catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
        {
            // A controller that hangs takes the connection but not the TLS handshake: the handler's own limit, which looks like a
            // cancellation.
            throw new SiteException(
                $"The site at {http.BaseAddress} timed out after {PinnedCa.ConnectsWithin.TotalSeconds} s. Is its controller running?",
                null, late);
        }

        if (response.IsSuccessStatusCode) return response;
        using (response) throw await RefusalAsync(method, path, response, cancellationToken);
    }

    private static async Task<SiteException> RefusalAsync(
        HttpMethod method, string path, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        Problem? problem = null;
        try
        {
            problem = await response.Content.ReadFromJsonAsync(SiteJson.Default.Problem, cancellationToken);
        }
        catch (Exception failure) when (failure is JsonException or HttpRequestException or IOException)
        {
            return new SiteException($"{method} {path}: the site replied {(int)response.StatusCode}.", response.StatusCode, failure);
        }

        return new SiteException(
            problem?.Detail ?? problem?.Title ?? $"{method} {path}: the site replied {(int)response.StatusCode}.", response.StatusCode);
    }

    private static Exception Innermost(Exception failure)
    {
        while (failure.InnerException is { } inner) failure = inner;
        return failure;
    }
}
