using System.Runtime.Versioning;

namespace Opportunism.Benchmarks.OpenStack;

/// <summary>What Fogbow's stop-node did, call by call: list, stop each server, list, delete each, and only then disable the host.</summary>
/// <remarks>Without the start of a command line program for each call, which the original paid in addition.</remarks>
[SupportedOSPlatform("linux")]
internal sealed class OriginalBaseline(BenchLab lab, TimeProvider time)
{
    /// <summary>One reclaim: milliseconds until the host was closed, until no server ran there, and until it was open again.</summary>
    public async Task<(double Closed, double Empty, double Open)> ReclaimAsync(int servers, CancellationToken cancellationToken)
    {
        await lab.RunServersAsync(servers, "stop", cancellationToken);
        var began = time.GetTimestamp();
        foreach (var server in await lab.ServersAsync(cancellationToken))
            await lab.ActAsync((string)server!["id"]!, "os-stop", cancellationToken);
        foreach (var server in await lab.ServersAsync(cancellationToken)) await lab.DeleteAsync((string)server!["id"]!, cancellationToken);
        await lab.SetOpenAsync(false, cancellationToken);
        var closed = time.GetElapsedTime(began).TotalMilliseconds;
        await lab.UntilEmptyAsync(cancellationToken);
        var empty = time.GetElapsedTime(began).TotalMilliseconds;
        began = time.GetTimestamp();
        await lab.SetOpenAsync(true, cancellationToken);
        var open = time.GetElapsedTime(began).TotalMilliseconds;
        await lab.ClearAsync(cancellationToken);
        return (closed, empty, open);
    }
}
