using Opportunism.Controller.Access;
using Opportunism.Controller.Events;
using Opportunism.Controller.Fleet;
using Opportunism.Controller.Store;
using Opportunism.Controller.Tenants;

namespace Opportunism.Controller.Lifecycle;

/// <summary>Takes up what is stored, in the order in which one thing needs another, before the first request is answered.</summary>
internal sealed class SiteStart(
    StoreStart store, PersonTokens people, EventLog events, FleetEvents news, GuestEvents guests, TimeProvider time)
{
    /// <summary>When the controller had taken up everything.</summary>
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
