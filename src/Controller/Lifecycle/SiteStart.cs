using Opportunism.Controller.Access;
using Opportunism.Controller.Events;
using Opportunism.Controller.Fleet;
using Opportunism.Controller.Store;
using Opportunism.Controller.Tenants;

namespace Opportunism.Controller.Lifecycle;

/// <summary>Loads the stored state, in the order of dependencies, before the first request is served.</summary>
internal sealed class SiteStart(
    StoreStart store, PersonTokens people, EventLog events, FleetEvents news, GuestEvents guests, TimeProvider time)
{
    /// <summary>When the controller had loaded everything.</summary>
    public DateTimeOffset Started { get; private set; }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await store.MigrateAsync(cancellationToken);
        await people.LoadAsync(cancellationToken);
        await events.LoadAsync(cancellationToken);
        guests.Connect();
        await news.StartAsync(cancellationToken);
        guests.CleanUp();
        Started = time.GetUtcNow();
    }
}
