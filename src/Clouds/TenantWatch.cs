using System.Runtime.CompilerServices;
using Opportunism.Core;

namespace Opportunism.Clouds;

/// <summary>Follows the VMs of a cloud whose guests agents run. A VM that changes several times before it is read is given once, as it is
/// then: what waits is bounded by the number of VMs.</summary>
internal static class TenantWatch
{
    /// <summary>Every VM as it is, then each that changes, until cancelled.</summary>
    public static async IAsyncEnumerable<TenantVm> FollowAsync(
        IGuestSource guests, ITenantCloud tenants, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var gate = new Lock();
        var changed = new HashSet<GuestId>();
        var noted = new Level<object>(new());
        guests.GuestChanged += Note;
        try
        {
            var seen = noted.Current;
            foreach (var vm in await tenants.ListAsync(cancellationToken)) yield return vm;
            while (true)
            {
                seen = await noted.NewerThanAsync(seen, cancellationToken);
                foreach (var id in Take())
                {
                    if (await tenants.FindAsync(id.Value, cancellationToken) is { } vm) yield return vm;
                }
            }
        }
        finally
        {
            guests.GuestChanged -= Note;
        }

        void Note(GuestChange change)
        {
            lock (gate) changed.Add(change.Guest);
            noted.Set(new());
        }

        List<GuestId> Take()
        {
            lock (gate)
            {
                var taken = changed.ToList();
                changed.Clear();
                return taken;
            }
        }
    }
}
