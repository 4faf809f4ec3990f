using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.EntityFrameworkCore;
using Opportunism.Contracts.Api;
using Opportunism.Contracts.Nodes;
using Opportunism.Controller.Access;
using Opportunism.Controller.Api;
using Opportunism.Controller.CloudActions;
using Opportunism.Controller.Clouds;
using Opportunism.Controller.Enrolment;
using Opportunism.Controller.Events;
using Opportunism.Controller.Fleet;
using Opportunism.Controller.Http;
using Opportunism.Controller.Lifecycle;
using Opportunism.Controller.Limits;
using Opportunism.Controller.Reports;
using Opportunism.Controller.Settings;
using Opportunism.Controller.Store;
using Opportunism.Controller.Store.Sqlite;
using Opportunism.Controller.Telemetry;
using Opportunism.Controller.Tenants;

namespace Opportunism.Controller;

/// <summary>Composes the controller: which parts serve which requests, on which address, with which limits.</summary>
internal static class ControllerHost
{
    // Open streams are cancelled at once when the program shuts down; what is left are requests in the middle of a write.
    private static readonly TimeSpan ShutdownLimit = TimeSpan.FromSeconds(4);

    /// <summary>A controller that is composed but not started. <paramref name="more"/> may replace services in tests.</summary>
    public static WebApplication Build(
        ControllerSettings settings, StateFolder state, TimeProvider time, Action<WebApplicationBuilder>? more = null)
    {
        var options = settings.Controller;
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = state.Path });
        builder.Configuration.Sources.Clear();
        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
        });
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("Grpc", LogLevel.Warning).AddFilter("Polly", LogLevel.Error)
            .AddFilter("Microsoft.AspNetCore.Diagnostics", LogLevel.Error)
            .AddFilter(typeof(TokenAuthentication).FullName, LogLevel.Warning);

        var keys = new SiteKeys(state, time, [.. ControllerOptionsValidator.NamesOf(options), AddressOf(options)]);
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, IPEndPoint.Parse(options.Listen), keys));
        AddParts(builder.Services, settings, state, keys, time);
        builder.Services.AddTelemetry(options);
        more?.Invoke(builder);

        var app = builder.Build();
        Map(app);
        return app;
    }

    /// <summary>Loads the stored state, begins to listen and writes the address to site.json.</summary>
    public static async Task StartAsync(WebApplication app, StateFolder state, CancellationToken cancellationToken)
    {
        await app.Services.GetRequiredService<SiteStart>().RunAsync(cancellationToken);
        await app.StartAsync(cancellationToken);
        var keys = app.Services.GetRequiredService<SiteKeys>();
        var site = new SiteFile(UrlOf(app), keys.CaPath, keys.CaFingerprint, Environment.ProcessId);
        state.Write(SiteFile.Name, JsonSerializer.Serialize(site, SiteJson.Default.SiteFile) + "\n");
    }

    /// <summary>The address that programs of this machine connect to: any address means loopback.</summary>
    public static string UrlOf(WebApplication app)
    {
        var listening = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        var host = IPAddress.TryParse(listening.Host.Trim('[', ']'), out var address)
            && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
            ? "127.0.0.1"
            : listening.Host;
        return $"https://{host}:{listening.Port}";
    }

    private static string AddressOf(ControllerOptions options)
    {
        var address = IPEndPoint.Parse(options.Listen).Address;
        return address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) ? "" : address.ToString();
    }

    private static void Listen(KestrelServerOptions kestrel, IPEndPoint endpoint, SiteKeys keys)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = NodeContract.LargestMessage;
        kestrel.Limits.MaxConcurrentConnections = 20_000;
        kestrel.Limits.Http2.MaxStreamsPerConnection = 100;

        // The pings find nodes whose cable was pulled; without them their streams would stay for hours.
        kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(20);
        kestrel.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(10);
        kestrel.Listen(endpoint, listen =>
        {
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            listen.UseHttps(https => https.ServerCertificateSelector = (_, _) => keys.Server);
        });
    }

    private static void AddParts(
        IServiceCollection services, ControllerSettings settings, StateFolder state, SiteKeys keys, TimeProvider time)
    {
        services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownLimit);
        services.AddSingleton(settings.Controller).AddSingleton(settings.Policy).AddSingleton(state).AddSingleton(keys).AddSingleton(time);
        services.AddSingleton<IDbContextFactory<SiteDbContext>>(new SqliteContexts(state));
        services.AddSingleton<StoreStart>().AddSingleton<NodeStore>().AddSingleton<TokenStore>().AddSingleton<ImageStore>()
            .AddSingleton<EventStore>();
        services.AddSingleton(settings.Clouds).AddSingleton<SiteClouds>();
        services.AddSingleton<PersonTokens>().AddTenants();
        services.AddSingleton<NodeRegistry>().AddSingleton<NodePlans>().AddSingleton<FleetEvents>().AddSingleton<OpenStreams>();
        services.AddSingleton<AttemptLimit>().AddSingleton<NodeEnrolment>().AddSingleton<SiteStart>().AddSingleton<NodeViews>();
        services.AddSingleton<EventLog>().AddHostedService(parts => parts.GetRequiredService<EventLog>());
        services.AddSingleton<CloudWorkers>().AddHostedService(parts => parts.GetRequiredService<CloudWorkers>());
        services.AddHostedService<PeriodicMaintenance>();

        services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = NodeContract.LargestMessage;
            grpc.Interceptors.Add<NodeAuthentication>();
        });
        services.AddSingleton<NodeAuthentication>().AddSingleton<NodesEndpoint>();
        services.AddAuthentication(TokenAuthentication.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, TokenAuthentication>(TokenAuthentication.SchemeName, null);
        services.AddAuthorizationBuilder()
            .AddPolicy(Answers.Viewer, policy => policy.RequireRole(Answers.Viewer))
            .AddPolicy(Answers.Operator, policy => policy.RequireRole(Answers.Operator))
            .AddPolicy(Answers.Admin, policy => policy.RequireRole(Answers.Admin));
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        services.AddProblemDetails(problems => problems.CustomizeProblemDetails = Answers.Explain);
        services.AddOpenApi(api => api.AddDocumentTransformer((document, _, _) =>
        {
            document.Info.Title = "Opportunism site";
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

    private static void Map(WebApplication app)
    {
        app.UseExceptionHandler(Answers.ForFaults);
        app.UseStatusCodePages();
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapGrpcService<NodesEndpoint>().AllowAnonymous();
        app.MapNodes();
        app.MapTenants();
        app.MapTokens();
        app.MapEvents();
        app.MapStatus();
        app.MapCloud();
        app.MapOpenApi("/openapi/v1.json").AllowAnonymous();
        app.MapSiteHealth();
    }
}
