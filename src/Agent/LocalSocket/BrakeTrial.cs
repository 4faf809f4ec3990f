using System.Runtime.Versioning;
using Opportunism.Contracts.Local;
using Opportunism.Hypervisors.Cgroups;

namespace Opportunism.Agent.LocalSocket;

/// <summary>Tests the brake for <c>doctor</c>; one test at a time.</summary>
[SupportedOSPlatform("linux")]
internal sealed class BrakeTrial(FreezerTrial trial) : IDisposable
{
    private readonly SemaphoreSlim one = new(1);

    public async Task<LocalBrakeTrial> RunAsync(CancellationToken cancellationToken)
    {
        await one.WaitAsync(cancellationToken);
        try
        {
            var (still, sentence) = await trial.RunAsync(cancellationToken);
            return new(still is not null, still?.TotalMilliseconds ?? 0, sentence);
        }
        finally
        {
            one.Release();
        }
    }

    public void Dispose() => one.Dispose();
}
