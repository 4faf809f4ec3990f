using System.Runtime.Versioning;
using Opportunism.Core;

namespace Opportunism.Hypervisors.Qemu;

/// <summary>Checks the guests as long as one is in memory: limits the size of their consoles, and freezes a held guest that uses the
/// CPU.</summary>
[SupportedOSPlatform("linux")]
internal sealed class GuestWatch(
    QemuHost host, GuestTable guests, GuestCheckpoints checkpoints,
    Func<GuestId, CancellationToken, Task<GuestAnswer>> unload) : IAsyncDisposable
{
    // Often enough to limit what a guest can write to its console, and the CPU that a held one can use.
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(4);

    private readonly HeldGuestWatch heldWatch = new(host);
    private readonly Lock beginning = new();
    private readonly CancellationTokenSource disposed = new();
    private Task looking = Task.CompletedTask;

    /// <summary>Starts the checks, unless they are started already. Any thread.</summary>
    public void Begin()
    {
        lock (beginning)
        {
            if (looking.IsCompleted && !disposed.IsCancellationRequested) looking = Task.Run(LookAsync);
        }
    }

    /// <summary>Ends the checks.</summary>
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
                    // Nothing is lost: its checkpoint is complete.
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
