using System.Runtime.Versioning;
using Opportunism.Core;

namespace Opportunism.Hypervisors.Qemu;

/// <summary>Looks at the guests for as long as one is in memory: their consoles stay bounded, and a held one that uses the CPU is frozen.</summary>
[SupportedOSPlatform("linux")]
internal sealed class GuestWatch(QemuHost host, GuestTable guests, GuestCheckpoints checkpoints, Func<GuestId, CancellationToken, Task<GuestAnswer>> unload) : IAsyncDisposable
{
    // Often enough to bound what a guest can pile up in its console, and what a held one can take of the CPU.
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(4);

    private readonly HeldGuestWatch heldWatch = new(host);
    private readonly Lock beginning = new();
    private readonly CancellationTokenSource disposed = new();
    private Task looking = Task.CompletedTask;

    /// <summary>Begins to look, if it does not already. Any thread.</summary>
    public void Begin()
    {
        lock (beginning)
        {
            if (looking.IsCompleted && !disposed.IsCancellationRequested) looking = Task.Run(LookAsync);
        }
    }

    /// <summary>Ends looking.</summary>
    public async ValueTask DisposeAsync()
    {
        await disposed.CancelAsync();
        await looking;
        disposed.Dispose();
    }

    private async Task LookAsync()
    {
        try
        {
            while (guests.Statuses.Any(guest => guest.TakesMemory))
            {
                await Task.Delay(LookEvery, host.Time, disposed.Token);
                foreach (var guest in guests.All.Where(guest => guest.Status.TakesMemory))
                {
                    ConsoleLog.Trim(guest.Folder.Console);
                    ConsoleLog.Trim(guest.Folder.Complaints);
                    checkpoints.DropBaseWhereDiskIsShort(guest);
                }

                foreach (var guest in heldWatch.Look(guests.All))
                {
                    QemuHypervisorLog.LogRanWhileHeld(host.Log, guest.Id, guest.Status.Sentence);
                    // Nothing of it is lost that its checkpoint has not.
                    if (guest.Status.IsLoaded) await unload(guest.Id, disposed.Token);
                }
            }
        }
        catch (OperationCanceledException)
        {
            return; // the agent ends
        }
    }
}
