using Opportunism.Core;

namespace Opportunism.Agent.Guests;

/// <summary>A step that is being carried out for a guest. Progress is set by the step's thread, the rest is read after its end.</summary>
internal sealed class GuestWork(GuestId guest, GuestStep step, WantedGuest? under, CancellationTokenSource cancel, Action onProgress)
{
    private double progress;
    private int fetching = step == GuestStep.Start ? 1 : 0;

    public GuestId Guest => guest;

    public GuestStep Step => step;

    /// <summary>The wish it is carried out under.</summary>
    public WantedGuest? Under => under;

    public CancellationTokenSource Cancel => cancel;

    public Task<Hypervisors.GuestAnswer> Task { get; set; } = System.Threading.Tasks.Task.FromResult(default(Hypervisors.GuestAnswer));

    /// <summary>The guest's fate as its result.</summary>
    public GuestFate Fate { get; set; }

    public string HandedOverSha256 { get; set; } = "";

    /// <summary>True until its first request to the hypervisor: a hold need not wait for it once it is cancelled.</summary>
    public bool IsFetching => Volatile.Read(ref fetching) != 0;

    /// <summary>Called between the last byte that is fetched and the first request to the hypervisor.</summary>
    /// <remarks>The keeper cancels first and reads <see cref="IsFetching"/> afterwards, this writes it first and checks the cancellation
    /// afterwards: one of them sees the other.</remarks>
    public void EndFetch(CancellationToken cancellationToken)
    {
        Interlocked.Exchange(ref fetching, 0);
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>0..1 while something is copied.</summary>
    public double Progress => Volatile.Read(ref progress);

    public void Progressed(double part)
    {
        // Whole per cents only, so that there is not a report per chunk.
        var before = Interlocked.Exchange(ref progress, part);
        if ((int)(before * 100) != (int)(part * 100)) onProgress();
    }
}
