using Opportunism.Contracts.Local;

namespace Opportunism.Agent.LocalSocket;

/// <summary>Tests the brake for <c>doctor</c>; one test at a time.</summary>
/// <param name="trial">Freezes a throw-away process; returns how long that took, or null and the reason.</param>
internal sealed class BrakeTrial(Func<CancellationToken, Task<(TimeSpan? StillIn, string Sentence)>> trial) : IDisposable
{
    private readonly SemaphoreSlim one = new(1);

    public async Task<LocalBrakeTrial> RunAsync(CancellationToken cancellationToken)
    {
        await one.WaitAsync(cancellationToken);
        try
        {
            var (still, sentence) = await trial(cancellationToken);
            return new(still is not null, still?.TotalMilliseconds ?? 0, sentence);
        }
        finally
        {
            one.Release();
        }
    }

    public void Dispose() => one.Dispose();
}
