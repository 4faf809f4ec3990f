using System.Net;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Opportunism.Contracts.Api;
using Opportunism.Server.Access;
using Opportunism.Server.Http;
using Opportunism.Server.State;

namespace Opportunism.Server.Hosting;

/// <summary>What every server program's HTTP server is made of: its log, its TLS address, its limits, and how it reads and refuses
/// requests. Settings come from the program, never from the environment.</summary>
public static class ServerHost
{
    // Open streams are cancelled at once when the program shuts down; what is left are requests in the middle of a write.
    private static readonly TimeSpan ShutdownLimit = TimeSpan.FromSeconds(4);

    /// <summary>A server without endpoints: the program adds its parts and builds it.</summary>
    /// <param name="program">The program.</param>
    /// <param name="state">Its state folder.</param>
    /// <param name="keys">Its CA and certificate.</param>
    /// <param name="listen">Address and port; port 0 takes a free one.</param>
    /// <param name="largestMessage">Largest request body in bytes, except where an endpoint has a limit of its own.</param>
    /// <param name="time">The clock.</param>
    public static WebApplicationBuilder CreateBuilder(
        ServerProgram program, StateFolder state, ServerKeys keys, IPEndPoint listen, int largestMessage, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(state);
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = state.Path });
        builder.Configuration.Sources.Clear();
        AddLog(builder.Logging);
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, listen, largestMessage, keys));
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownLimit);
        builder.Services.AddSingleton(program).AddSingleton(state).AddSingleton(keys).AddSingleton(time).AddPeople();
        AddRequests(builder.Services, program);
        return builder;
    }

    /// <summary>Adds what handles each request before an endpoint does: problem details, authentication, authorization.</summary>
    public static void UseServer(this WebApplication app)
    {
        app.UseExceptionHandler(Answers.ForFaults);
        app.UseStatusCodePages();
        app.UseAuthentication();
        app.UseAuthorization();
    }

    /// <summary>The address that programs of this machine connect to: any address means loopback. Only after the server has
    /// started.</summary>
    public static string UrlOf(WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        var listening = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        var host = IPAddress.TryParse(listening.Host.Trim('[', ']'), out var address)
            && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
            ? "127.0.0.1"
            : listening.Host;
        return $"https://{host}:{listening.Port}";
    }

    private static void AddLog(ILoggingBuilder logging)
    {
        logging.ClearProviders();
        logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
        });
        logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("Grpc", LogLevel.Warning).AddFilter("Polly", LogLevel.Error)
            .AddFilter("Microsoft.AspNetCore.Diagnostics", LogLevel.Error)
            .AddFilter(typeof(TokenAuthentication).FullName, LogLevel.Warning);
    }

    private static void Listen(KestrelServerOptions kestrel, IPEndPoint endpoint, int largestMessage, ServerKeys keys)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = largestMessage;
        kestrel.Limits.MaxConcurrentConnections = 20_000;
        kestrel.Limits.Http2.MaxStreamsPerConnection = 100;

        // The pings find peers whose cable was pulled; without them their streams would stay for hours.
        kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(20);
        kestrel.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(10);
        kestrel.Listen(endpoint, listen =>
        {
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            listen.UseHttps(https => https.ServerCertificateSelector = (_, _) => keys.Server);
        });
    }

    private static void AddRequests(IServiceCollection services, ServerProgram program)
    {
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        services.AddProblemDetails(
            problems => problems.CustomizeProblemDetails = context => Answers.Explain(context, program.Name));
        services.AddOpenApi(api => api.AddDocumentTransformer((document, _, _) =>
        {
            document.Info.Title = program.Title;
            document.Info.Version = "1";
            return Task.CompletedTask;
        }));
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, SiteJson.Default);
            json.SerializerOptions.Converters.Add(new JsonStringEnumConverter());
            json.SerializerOptions.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        });
    }
}
