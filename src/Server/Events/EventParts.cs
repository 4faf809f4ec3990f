using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Opportunism.Server.Store;

namespace Opportunism.Server.Events;

/// <summary>Registers the events of a server.</summary>
public static class EventParts
{
    /// <summary>Adds the log of events and what stores it.</summary>
    public static IServiceCollection AddEvents(this IServiceCollection services) =>
        services.AddSingleton<EventStore>()
            .AddSingleton(parts => new EventLog(
                parts.GetRequiredService<EventStore>(), parts.GetRequiredService<TimeProvider>(),
                parts.GetRequiredService<ILogger<EventLog>>()))
            .AddHostedService(parts => parts.GetRequiredService<EventLog>());
}
