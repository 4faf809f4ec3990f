using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;

namespace Opportunism.Clouds.OpenStack;

/// <summary>Composes the OpenStack cloud. The container must have an
/// <see cref="IOpenStackStore"/> and a <see cref="TimeProvider"/>.</summary>
public static class OpenStackParts
{
    /// <summary>Adds the cloud and its HTTP client, with validated settings.</summary>
    /// <param name="services">Where they are added.</param>
    /// <param name="options">Validated settings.</param>
    /// <param name="name">The cloud's name in its site.</param>
    public static IServiceCollection AddOpenStack(
        this IServiceCollection services, OpenStackOptions options, string name = OpenStackCloud.CloudName)
    {
        ArgumentNullException.ThrowIfNull(options);
        var file = new CloudsFile(options);
        services.AddHttpClient(HttpExchange.ClientName, client =>
            {
                // Each request has its own limit; a detailed list of a thousand servers is about 3 MiB.
                client.Timeout = Timeout.InfiniteTimeSpan;
                client.MaxResponseContentBufferSize = 32 << 20;
            })
            .RemoveAllLoggers()
            .ConfigurePrimaryHttpMessageHandler(() => HandlerOf(file))
            .AddResilienceHandler("again", pipeline => pipeline.AddRetry(Again));
        services.AddSingleton(file).AddSingleton(options);
        services.AddSingleton(
            parts => new HttpExchange(parts.GetRequiredService<IHttpClientFactory>(), parts.GetRequiredService<TimeProvider>()));
        services.AddSingleton(
            parts => new KeystoneSession(
                file, parts.GetRequiredService<HttpExchange>(), options, parts.GetRequiredService<TimeProvider>()));
        services.AddSingleton(
            parts => new OpenStackCalls(
                parts.GetRequiredService<KeystoneSession>(), parts.GetRequiredService<HttpExchange>(), options,
                parts.GetRequiredService<TimeProvider>()));
        services.AddSingleton(parts => new OpenStackLogin(file, parts.GetRequiredService<KeystoneSession>()));
        services.AddSingleton(parts => new NovaApi(parts.GetRequiredService<OpenStackCalls>()));
        services.AddSingleton(parts => new NeutronApi(parts.GetRequiredService<OpenStackCalls>()));
        services.AddSingleton(parts => new EvictionMemory(parts.GetRequiredService<IOpenStackStore>()));
        services.AddSingleton(
            parts => new OpenStackRights(parts.GetRequiredService<NovaApi>(), parts.GetRequiredService<OpenStackCalls>(), options));
        services.AddSingleton(parts => new OpenStackCloud(
            parts.GetRequiredService<NovaApi>(),
            parts.GetRequiredService<NeutronApi>(),
            parts.GetRequiredService<OpenStackCalls>(),
            parts.GetRequiredService<EvictionMemory>(),
            options,
            parts.GetRequiredService<TimeProvider>(),
            parts.GetRequiredService<ILogger<OpenStackCloud>>())
        {
            Name = name,
        });
        return services;
    }

    /// <summary>One immediate retry, only for reading: it covers a kept connection that the server has just closed. The worker does every
    /// longer wait, where it is visible.</summary>
    private static HttpRetryStrategyOptions Again => new()
    {
        MaxRetryAttempts = 1,
        Delay = TimeSpan.Zero,
        UseJitter = false,
        ShouldRetryAfterHeader = false,
        ShouldHandle = attempt => ValueTask.FromResult(MayRepeat(attempt)),
    };

    private static bool MayRepeat(RetryPredicateArguments<HttpResponseMessage> attempt) =>
        attempt.Outcome.Exception is HttpRequestException failure
            && failure.HttpRequestError is not HttpRequestError.NameResolutionError and not HttpRequestError.SecureConnectionError
            ? attempt.Context.GetRequestMessage()?.Method == HttpMethod.Get
            : attempt.Outcome.Result is
            {
                StatusCode: System.Net.HttpStatusCode.BadGateway or System.Net.HttpStatusCode.GatewayTimeout,
                RequestMessage.Method.Method: "GET"
            };

    private static SocketsHttpHandler HandlerOf(CloudsFile file)
    {
        // A redirect would send the token to another address.
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = TimeSpan.FromSeconds(5) };
        if (file.Read(out _) is { CaFile: { Length: > 0 } ca })
        {
            var chain = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            chain.CustomTrustStore.ImportFromPemFile(ca);
            handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = chain };
        }

        return handler;
    }
}
