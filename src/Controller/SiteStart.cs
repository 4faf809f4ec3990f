using Opportunism.Clouds;
using Opportunism.Controller.Access;
using Opportunism.Controller.Consoles;
using Opportunism.Controller.Events;
using Opportunism.Controller.Files;
using Opportunism.Controller.Fleet;
using Opportunism.Controller.Store;

namespace Opportunism.Controller;

/// <summary>Takes up what is stored, in the order in which one thing needs another, before the first request is answered.</summary>
internal sealed class SiteStart(StoreStart store, PersonTokens people, EventLog events, FleetNews news, DiskShelf disks, ConsoleBook consoles, Cloud cloud, TimeProvider time)
{
    /// <summary>When the controller had taken up everything.</summary>
    public DateTimeOffset Started { get; private set; }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await store.MigrateAsync(cancellationToken);
        await people.LoadAsync(cancellationToken);
        await events.LoadAsync(cancellationToken);
        await news.StartAsync(cancellationToken);
        if (cloud.Guests?.InUse() is { } inUse)
        {
            disks.DropAllUnless(inUse.Disks);
            consoles.ForgetAllUnless(inUse.Consoles.Select(guest => guest.Value).ToHashSet());
        }

        Started = time.GetUtcNow();
    }
}
