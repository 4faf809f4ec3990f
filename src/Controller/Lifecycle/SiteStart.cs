using Opportunism.Controller.Fleet;
using Opportunism.Controller.Tenants;
using Opportunism.Server.Access;
using Opportunism.Server.Events;
using Opportunism.Server.Store;

namespace Opportunism.Controller.Lifecycle;

/// <summary>Loads the stored state, in the order of dependencies, before the first request is served.</summary>
internal sealed class SiteStart(
    DatabaseStart database, PersonTokens people, EventLog events, FleetEvents news, GuestEvents guests, TimeProvider time)
{
    /// <summary>When the controller had loaded everything.</summary>
    public DateTimeOffset Started { get; private set; }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await database.MigrateAsync(cancellationToken);
        await people.LoadAsync(cancellationToken);
        await events.LoadAsync(cancellationToken);
        guests.Connect();
        await news.StartAsync(cancellationToken);
        guests.CleanUp();
        Started = time.GetUtcNow();
    }
}
