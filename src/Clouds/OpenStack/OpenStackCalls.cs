using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;

namespace Opportunism.Clouds.OpenStack;

/// <summary>Calls Nova and Neutron with a valid token and translates the result into the driver's terms.</summary>
internal sealed partial class OpenStackCalls(KeystoneSession session, HttpExchange exchange, OpenStackOptions options, TimeProvider time)
{
    // How long a call that a fresh token did not help is treated as outside the credential's access rules. A login every ten minutes does
    // no harm, and a corrected rule is noticed.
    private static readonly TimeSpan OutsideFor = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<string, DateTimeOffset> outside = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, DateTimeOffset> leftAlone = new(StringComparer.Ordinal);

    /// <summary>Our user's id in Keystone; empty before the first token.</summary>
    public string UserId { get; private set; } = "";

    /// <summary>The project that our token is valid for; empty before the first token.</summary>
    public string ProjectId { get; private set; } = "";

    /// <summary>Makes one call; logs in again at most once for it, and not at all for a call that recently was outside the credential's
    /// rules.</summary>
    public async Task<Reply<T>> SendAsync<T>(OpenStackCall call, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        KeystoneToken? refused = null;
        while (true)
        {
            var (answer, token) = await session.TokenAsync(refused, cancellationToken);
            if (token is null) return new(answer, 0, null);
            (UserId, ProjectId) = (token.UserId, token.ProjectId);
            if (EndpointOf(call.Service, token) is not { } endpoint)
                return Failed<T>(
                    CloudOutcome.Refused, 0,
                    $"Keystone's catalogue has no {call.Service} endpoint for this region and interface: check region_name and interface "
                    + "in clouds.yaml.");
            if (leftAlone.TryGetValue(call.Service, out var until) && time.GetUtcNow() < until)
                return Failed<T>(CloudOutcome.TryLater, 429, $"{call.ServiceName} asked to be left alone until {until:HH:mm:ss} UTC.");

            using var request = RequestOf(call, endpoint, token);
            var outcome = await exchange.SendAsync(request, call.Limit ?? options.TimeLimit, cancellationToken);
            var template = $"{call.Method} {UuidInPath().Replace(call.Path.Split('?')[0], "*")}";
            if (outcome.Status != 401)
            {
                // Without a response nothing is known about the rules.
                if (outcome.Status != 0) outside.TryRemove(template, out _);
                return Translate(call, outcome, type);
            }

            // Nova returns 401 both for an expired token and for a call outside an application credential's access rules: only a retry with
            // a fresh token distinguishes them.
            var known = outside.TryGetValue(template, out var since) && time.GetUtcNow() < since + OutsideFor;
            if (refused is not null || known)
            {
                if (!known) outside[template] = time.GetUtcNow();
                return Failed<T>(
                    CloudOutcome.Refused, 401,
                    $"{call.ServiceName} refused {template} with a fresh token (401): the application credential's access rules do not "
                    + "have it. Add the rule from docs/operating/openstack.md.");
            }

            refused = token;
        }
    }

    private static Uri? EndpointOf(string service, KeystoneToken token) => token.Endpoints.GetValueOrDefault(service);

    private static HttpRequestMessage RequestOf(OpenStackCall call, Uri endpoint, KeystoneToken token)
    {
        var request = new HttpRequestMessage(call.Method, endpoint.ToString().TrimEnd('/') + call.Path);
        request.Headers.Add("X-Auth-Token", token.Value);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (call.Microversion.Length > 0) request.Headers.Add("OpenStack-API-Version", $"compute {call.Microversion}");
        if (call.Body is { } body)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        return request;
    }

    private Reply<T> Translate<T>(OpenStackCall call, HttpExchange.Outcome outcome, JsonTypeInfo<T> type)
        where T : class
    {
        if (outcome is { Status: 429 or 503, RetryAfter: { } wait }) leftAlone[call.Service] = time.GetUtcNow() + wait;
        var said = ErrorText.Of(outcome.Body);
        switch (outcome.Status)
        {
            case 0:
                return Failed<T>(CloudOutcome.TryLater, 0, $"{call.ServiceName} {outcome.Problem}.");
            case >= 200 and < 300:
                return Read(call, outcome, type);
            case 403:
                return Failed<T>(
                    CloudOutcome.Refused, 403,
                    $"{call.ServiceName} does not allow {call} (403). {said} Give the controller's user the role in "
                    + "docs/operating/openstack.md.");
            case 404:
                return Failed<T>(CloudOutcome.Refused, 404, $"{call.ServiceName}: {call} not found (404). {said}".TrimEnd());
            case 400 or 405 or 406 or 413 or 415:
                return Failed<T>(
                    CloudOutcome.Refused, outcome.Status, $"{call.ServiceName} refused {call} ({outcome.Status}). {said}".TrimEnd());
            default:
                return Failed<T>(
                    CloudOutcome.TryLater, outcome.Status, $"{call.ServiceName} answered {call} with {outcome.Status}. {said}".TrimEnd());
        }
    }

    private static Reply<T> Read<T>(OpenStackCall call, HttpExchange.Outcome outcome, JsonTypeInfo<T> type)
        where T : class
    {
        if (typeof(T) == typeof(Ignored)) return new(CloudAnswer.Done, outcome.Status, null);
        try
        {
            if (JsonSerializer.Deserialize(outcome.Body, type) is { } value) return new(CloudAnswer.Done, outcome.Status, value);
        }
        catch (JsonException failure)
        {
            return Nonsense<T>(call, failure.Path is { } path ? $" at {path}" : "");
        }

        return Nonsense<T>(call, "");
    }

    /// <summary>The result of a call whose response is not valid for this service.</summary>
    public static Reply<T> Nonsense<T>(OpenStackCall call, string where)
        where T : class =>
            Failed<T>(
                CloudOutcome.TryLater, 0,
                $"{call.ServiceName} answered {call} with something that cannot be read{where}: is a proxy or another program at its "
                + "address?");

    private static Reply<T> Failed<T>(CloudOutcome outcome, int status, string sentence)
        where T : class => new(new CloudAnswer(outcome, sentence), status, null);

    [GeneratedRegex("[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")]
    private static partial Regex UuidInPath();
}
