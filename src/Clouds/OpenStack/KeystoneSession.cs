using System.Net.Http.Headers;
using System.Text.Json;
using Opportunism.Core;

namespace Opportunism.Clouds.OpenStack;

/// <summary>Keeps one valid token for all callers, renewed before it expires.</summary>
/// <remarks>Any thread. One login at a time; a failed login is not repeated at once, because Keystone locks accounts after a few.</remarks>
internal sealed class KeystoneSession(CloudsFile file, HttpExchange exchange, OpenStackOptions options, TimeProvider time) : IDisposable
{
    private static readonly Backoff Retries = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));

    // Long enough for any call that is under way to finish with its token.
    private static readonly TimeSpan RenewBefore = TimeSpan.FromMinutes(5);

    private readonly SemaphoreSlim gate = new(1, 1);
    private KeystoneToken? current;
    private CloudAnswer failure;
    private DateTimeOffset notBefore;
    private int failures;

    /// <summary>A valid token.</summary>
    /// <param name="refused">The token that a service has just refused, so that another is needed; null to accept any.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<(CloudAnswer Answer, KeystoneToken? Token)> TokenAsync(KeystoneToken? refused, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref current) is { } known && known != refused && time.GetUtcNow() < known.RenewAt)
            return (CloudAnswer.Done, known);
        await gate.WaitAsync(cancellationToken);
        try
        {
            var now = time.GetUtcNow();
            if (current is { } newer && newer != refused && now < newer.RenewAt) return (CloudAnswer.Done, newer);
            if (now >= notBefore) failure = await LoginLockedAsync(cancellationToken);

            // An old token is better than none until it expires: Keystone may be down for a minute.
            return current is { } usable && usable != refused && now < usable.EndsAt ? (CloudAnswer.Done, usable) : (failure, null);
        }
        finally
        {
            gate.Release();
        }
    }

    public void Dispose() => gate.Dispose();

    private async Task<CloudAnswer> LoginLockedAsync(CancellationToken cancellationToken)
    {
        var (answer, patience) = file.Read(out var problem) is { } cloud
            ? await LoginLockedAsync(cloud, cancellationToken)
            : (new CloudAnswer(CloudOutcome.Refused, problem), TimeSpan.Zero);
        if (answer.IsDone)
        {
            failures = 0;
            notBefore = default;
            return answer;
        }

        var wait = Retries.After(++failures);
        notBefore = time.GetUtcNow() + (wait > patience ? wait : patience);
        return answer;
    }

    /// <summary>Logs in; also returns how long Keystone asks not to be called again.</summary>
    private async Task<(CloudAnswer Answer, TimeSpan Patience)> LoginLockedAsync(CloudEntry cloud, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{cloud.AuthUrl.ToString().TrimEnd('/')}/v3/auth/tokens")
        {
            Content = new ByteArrayContent(cloud.LoginBody),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        var outcome = await exchange.SendAsync(request, options.TimeLimit, cancellationToken);
        if (outcome.Status is 401 or 403)
            return Failed(
                CloudOutcome.Refused,
                $"refused the credential of cloud '{cloud.Name}' ({outcome.Status}). Check its user or application credential and its "
                + "secret in clouds.yaml.");
        if (outcome.Status is not (200 or 201))
            return Failed(
                CloudOutcome.TryLater,
                outcome.Status == 0 ? $"{outcome.Problem}." : $"answered {outcome.Status}. {ErrorText.Of(outcome.Body)}".TrimEnd());
        if (outcome.SubjectToken.Length == 0 || Parse(outcome.Body) is not { User.Id: { } user } content)
            return Failed(CloudOutcome.TryLater, "answered something that is no token. Check auth_url in clouds.yaml.");

        // From here on by our own clock: Keystone's may differ.
        var now = time.GetUtcNow();
        var life = content.ExpiresAt - content.IssuedAt;
        var early = life / 5 < RenewBefore ? life / 5 : RenewBefore;
        Volatile.Write(
            ref current,
            new KeystoneToken(
                outcome.SubjectToken, user, content.Project?.Id ?? "", now + life - early, now + life, EndpointsOf(content, cloud)));
        return (CloudAnswer.Done, TimeSpan.Zero);

        (CloudAnswer, TimeSpan) Failed(CloudOutcome how, string sentence) => (new(how, $"Keystone at {cloud.AuthUrl} {sentence}"),
            outcome.RetryAfter
            ?? TimeSpan.Zero);
    }

    private static TokenContent? Parse(byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, WireJson.Default.TokenReply)?.Token;
        }
        catch (JsonException)
        {
            // The caller adds which service it was.
            return null;
        }
    }

    private static Dictionary<string, Uri> EndpointsOf(TokenContent content, CloudEntry cloud)
    {
        var endpoints = new Dictionary<string, Uri>(StringComparer.Ordinal);
        foreach (var service in content.Catalog ?? [])
        {
            var fitting = service.Endpoints?.FirstOrDefault(
                endpoint => endpoint.Interface == cloud.Interface
                    && (cloud.Region.Length == 0 || (endpoint.RegionId ?? endpoint.Region) == cloud.Region));
            if (service.Type is { } type && Uri.TryCreate(WithoutTail(fitting?.Url ?? ""), UriKind.Absolute, out var url)
                && url.Scheme is "http" or "https")
                endpoints.TryAdd(type, url);
        }

        return endpoints;
    }

    /// <summary>Old catalogues put the project after Nova's version, and some put Neutron's version after its address.</summary>
    private static string WithoutTail(string url)
    {
        const string nova = "/v2.1";
        const string neutron = "/v2.0";
        var at = url.IndexOf(nova, StringComparison.Ordinal);
        if (at >= 0) return url[..(at + nova.Length)];
        var trimmed = url.TrimEnd('/');
        return trimmed.EndsWith(neutron, StringComparison.Ordinal) ? trimmed[..^neutron.Length] : trimmed;
    }
}
