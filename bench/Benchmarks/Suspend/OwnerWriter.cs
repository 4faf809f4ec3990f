using System.Runtime.Versioning;
using Opportunism.Files;
using Opportunism.Hypervisors.Linux;

namespace Opportunism.Benchmarks.Suspend;

/// <summary>An owner who saves something small every 20 ms on the disk that checkpoints go to.</summary>
[SupportedOSPlatform("linux")]
internal static class OwnerWriter
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(20);

    /// <summary>Writes 4 KiB and waits for the disk, again and again until <paramref name="work"/> has ended.</summary>
    /// <returns>How long each took, in ms.</returns>
    public static async Task<IReadOnlyList<double>> WriteDuringAsync(Task work, string path, TimeProvider time)
    {
        var content = new byte[4096];
        List<double> took = [];
        using var file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.Write);
        for (long place = 0; !work.IsCompleted; place = (place + content.Length) % (1 << 20))
        {
            await Task.Delay(Every, time);
            var began = time.GetTimestamp();
            RandomAccess.Write(file, content, place);
            if (Libc.Fdatasync((int)file.DangerousGetHandle()) != 0) throw FileFailure.OfLastCall("write", path);
            took.Add(time.GetElapsedTime(began).TotalMilliseconds);
        }

        await work;
        return took;
    }
}
