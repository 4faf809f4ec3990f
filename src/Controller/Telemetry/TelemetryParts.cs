using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Opportunism.Controller.Api;
using Opportunism.Controller.Settings;

namespace Opportunism.Controller.Telemetry;

/// <summary>Sends metrics and traces to the address in the settings; nowhere when there is none.</summary>
internal static class TelemetryParts
{
    public static void AddTelemetry(this IServiceCollection services, ControllerOptions options)
    {
        services.AddSingleton<SiteMetrics>().AddHostedService(parts => parts.GetRequiredService<SiteMetrics>());
        if (options.OtlpEndpoint.Length == 0) return;
        var endpoint = new Uri(options.OtlpEndpoint);
        services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("opportunism-controller", serviceVersion: StatusApi.Version))
            .WithMetrics(
                metrics => metrics.AddMeter(SiteMetrics.MeterName, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel")
                    .AddOtlpExporter(otlp => otlp.Endpoint = endpoint))
            .WithTracing(traces => traces.AddSource("Microsoft.AspNetCore").AddOtlpExporter(otlp => otlp.Endpoint = endpoint));
    }
}
