using System.Runtime.CompilerServices;
using Opportunism.Core;

namespace Opportunism.Clouds;

/// <summary>Follows the VMs of a cloud whose guests agents run. A VM that changes several times before it is read is returned once, in its
/// state at that time: the backlog is bounded by the number of VMs.</summary>
internal sealed class TenantWatch
{
    private readonly Lock gate = new();
    private readonly HashSet<GuestId> changed = [];
    private TaskCompletionSource some = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Every VM as it is now, then each changed VM, until cancelled.</summary>
    public static async IAsyncEnumerable<TenantVm> FollowAsync(
        IGuestSource guests, ITenantCloud tenants, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var watch = new TenantWatch();
        guests.GuestChanged += watch.Note;
        try
        {
            foreach (var vm in await tenants.ListAsync(cancellationToken)) yield return vm;
            while (true)
            {
                foreach (var id in await watch.TakeAsync(cancellationToken))
                {
                    if (await tenants.FindAsync(id.Value, cancellationToken) is { } vm) yield return vm;
                }
            }
        }
        finally
        {
            guests.GuestChanged -= watch.Note;
        }
    }

    private void Note(GuestChange change)
    {
        lock (gate)
        {
            changed.Add(change.Guest);
            some.TrySetResult();
        }
    }

    private async Task<IReadOnlyList<GuestId>> TakeAsync(CancellationToken cancellationToken)
    {
        Task waiting;
        lock (gate) waiting = some.Task;
        await waiting.WaitAsync(cancellationToken);
        lock (gate)
        {
            var taken = changed.ToList();
            changed.Clear();
            some = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return taken;
        }
    }
}
