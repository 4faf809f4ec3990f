using Opportunism.Contracts.Nodes;
using Opportunism.Core;
using Opportunism.Hypervisors;

namespace Opportunism.Agent.Guests;

/// <summary>Sends guests' console output to the controller while it is being watched; sleeps otherwise.</summary>
internal sealed class ConsolePusher(IHypervisor hypervisor, ISiteFiles files, TimeProvider time)
{
    // While a console is watched, a line should arrive within a second.
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan PauseAfterFault = TimeSpan.FromSeconds(5);

    private readonly Dictionary<PlacedGuest, long> offsets = [];

    /// <summary>Guests whose console is watched.</summary>
    public Level<IReadOnlyList<PlacedGuest>> Wanted { get; } = new([]);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var wanted = Wanted.Current;
            foreach (var old in offsets.Keys.Except(wanted).ToArray()) offsets.Remove(old);
            if (wanted.Count == 0)
            {
                await Wanted.NewerThanAsync(wanted, cancellationToken);
                continue;
            }

            var pause = LookEvery;
            try
            {
                foreach (var guest in wanted) await PushAsync(guest, cancellationToken);
            }
            catch (SiteFilesException)
            {
                pause = PauseAfterFault; // the controller's next offset requests the missing part
            }

            await Task.Delay(pause, time, cancellationToken);
        }
    }

    private async Task PushAsync(PlacedGuest placed, CancellationToken cancellationToken)
    {
        // The first message is empty: the reply has the offset from which the controller needs it.
        var guest = placed.Guest;
        var known = offsets.TryGetValue(placed, out var offset);
        var slice = known
            ? hypervisor.ReadConsole(guest, offset, NodeContract.LargestConsolePiece)
            : new ConsoleSlice(0, ReadOnlyMemory<byte>.Empty);
        while (!known || !slice.Bytes.IsEmpty)
        {
            offset = await files.WriteConsoleAsync(guest.Value, slice.Offset, slice.Bytes, cancellationToken);
            offsets[placed] = offset;
            if (known && offset <= slice.Offset) break; // it needs an older part or nothing: next pass
            known = true;
            slice = hypervisor.ReadConsole(guest, offset, NodeContract.LargestConsolePiece);
        }
    }

    /// <summary>A guest, and the disk it started from here: with another disk its console begins again.</summary>
    public sealed record PlacedGuest(GuestId Guest, string DiskSha256);
}
