using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Opportunism.Server.Telemetry;

/// <summary>Sends metrics and traces to the address in the settings; nowhere when there is none.</summary>
public static class TelemetryExport
{
    /// <summary>True when metrics and traces can be sent there: empty for nowhere, or an http or https URL.</summary>
    /// <param name="endpoint">The address from the settings.</param>
    public static bool IsValidEndpoint(string endpoint) =>
        string.IsNullOrEmpty(endpoint)
        || (Uri.TryCreate(endpoint, UriKind.Absolute, out var address) && address.Scheme is "http" or "https");

    /// <summary>Exports metrics of the server and of one meter, and traces.</summary>
    /// <param name="services">The server's parts.</param>
    /// <param name="program">The program that the figures are of.</param>
    /// <param name="meter">Name of the program's own meter.</param>
    /// <param name="endpoint">Where they are sent (OTLP over gRPC); empty for nowhere.</param>
    public static IServiceCollection AddTelemetryExport(
        this IServiceCollection services, ServerProgram program, string meter, string endpoint)
    {
        ArgumentNullException.ThrowIfNull(program);
        if (string.IsNullOrEmpty(endpoint)) return services;
        var address = new Uri(endpoint);
        services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService($"opportunism-{program.Name}", serviceVersion: program.Version))
            .WithMetrics(
                metrics => metrics.AddMeter(meter, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel")
                    .AddOtlpExporter(otlp => otlp.Endpoint = address))
            .WithTracing(traces => traces.AddSource("Microsoft.AspNetCore").AddOtlpExporter(otlp => otlp.Endpoint = address));
        return services;
    }
}
