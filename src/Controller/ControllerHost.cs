using System.Net;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Opportunism.Contracts.Api;
using Opportunism.Contracts.Nodes;
using Opportunism.Controller.Api;
using Opportunism.Controller.CloudActions;
using Opportunism.Controller.Clouds;
using Opportunism.Controller.Enrolment;
using Opportunism.Controller.Fleet;
using Opportunism.Controller.Lifecycle;
using Opportunism.Controller.Reports;
using Opportunism.Controller.Settings;
using Opportunism.Controller.Store;
using Opportunism.Controller.Store.Sqlite;
using Opportunism.Controller.Telemetry;
using Opportunism.Controller.Tenants;
using Opportunism.Server;
using Opportunism.Server.Access;
using Opportunism.Server.Events;
using Opportunism.Server.Health;
using Opportunism.Server.Hosting;
using Opportunism.Server.Limits;
using Opportunism.Server.State;
using Opportunism.Server.Telemetry;

namespace Opportunism.Controller;

/// <summary>Composes the controller: which parts serve which requests, on which address, with which limits.</summary>
internal static class ControllerHost
{
    /// <summary>This program.</summary>
    public static ServerProgram Program { get; } =
        new("controller", "Opportunism site", ServerProgram.VersionOf(typeof(ControllerHost).Assembly));

    /// <summary>A controller that is composed but not started. <paramref name="more"/> may replace services in tests.</summary>
    public static WebApplication Build(
        ControllerSettings settings, StateFolder state, TimeProvider time, Action<WebApplicationBuilder>? more = null)
    {
        var options = settings.Controller;
        var listen = IPEndPoint.Parse(options.Listen);
        var keys = new ServerKeys(state, Program, [.. ControllerOptionsValidator.NamesOf(options), NameOf(listen.Address)], time);
        var builder = ServerHost.CreateBuilder(Program, state, keys, listen, NodeContract.LargestMessage, time);
        AddParts(builder.Services, settings, state);
        builder.Services.AddTelemetryExport(Program, SiteMetrics.MeterName, options.OtlpEndpoint);
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
        var keys = app.Services.GetRequiredService<ServerKeys>();
        var site = new SiteFile(ServerHost.UrlOf(app), keys.CaPath, keys.CaFingerprint, Environment.ProcessId);
        state.Write(SiteFile.Name, JsonSerializer.Serialize(site, SiteJson.Default.SiteFile) + "\n");
    }

    /// <summary>A name for the certificate; empty for an address that means any.</summary>
    private static string NameOf(IPAddress address) =>
        address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) ? "" : address.ToString();

    private static void AddParts(IServiceCollection services, ControllerSettings settings, StateFolder state)
    {
        services.AddSingleton(settings.Controller).AddSingleton(settings.Policy).AddStore(state).AddEvents();
        services.AddSingleton(settings.Clouds).AddSingleton<SiteClouds>().AddTenants();
        services.AddSingleton(
            parts => new StoredClouds(parts.GetRequiredService<IDbContextFactory<SiteDbContext>>(), settings.ForgetCloud));
        services.AddSingleton<NodeRegistry>().AddSingleton<NodePlans>().AddSingleton<FleetEvents>().AddSingleton<OpenStreams>();
        services.AddSingleton(parts => new AttemptLimit(settings.Controller.EnrolmentsPerMinute, parts.GetRequiredService<TimeProvider>()));
        services.AddSingleton<NodeEnrolment>().AddSingleton<SiteStart>().AddSingleton<NodeViews>();
        services.AddSingleton<CloudWorkers>().AddHostedService(parts => parts.GetRequiredService<CloudWorkers>());
        services.AddHostedService<PeriodicMaintenance>();
        services.AddSingleton<SiteMetrics>().AddHostedService(parts => parts.GetRequiredService<SiteMetrics>());
        services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = NodeContract.LargestMessage;
            grpc.Interceptors.Add<NodeAuthentication>();
        });
        services.AddSingleton<NodeAuthentication>().AddSingleton<NodesEndpoint>();
    }

    private static void Map(WebApplication app)
    {
        app.UseServer();
        app.MapGrpcService<NodesEndpoint>().AllowAnonymous();
        app.MapNodes();
        app.MapTenants();
        app.MapJoinTokens();
        app.MapPeople();
        app.MapEvents();
        app.MapStatus();
        app.MapCloud();
        app.MapOpenApi("/openapi/v1.json").AllowAnonymous();
        app.MapServerHealth();
    }
}
