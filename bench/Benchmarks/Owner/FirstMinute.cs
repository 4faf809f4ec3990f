using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Security.Cryptography;

namespace Opportunism.Benchmarks.Owner;

/// <summary>What an owner finds on returning: how long it takes to read 500 MiB
/// of files and to touch 500 MiB of memory that were in use before.</summary>
[SupportedOSPlatform("linux")]
internal sealed class FirstMinute : IDisposable
{
    private const int MiB = 1 << 20, Size = 500, Page = 4096;

    private readonly string file;
    private readonly TimeProvider time;
    private readonly nint memory = Allocate();
    private readonly byte[] buffer = new byte[MiB];

    public FirstMinute(string folder, TimeProvider time)
    {
        (file, this.time) = (Path.Combine(folder, "first-minute"), time);
        using var handle = File.OpenHandle(file, FileMode.Create, FileAccess.Write);
        for (var i = 0; i < Size; i++) RandomAccess.Write(handle, RandomNumberGenerator.GetBytes(MiB), (long)i * MiB);
        RandomAccess.FlushToDisk(handle);
    }

    /// <summary>Uses files and memory, waits, and uses them again.</summary>
    /// <param name="away">How long the owner is away.</param>
    /// <param name="lend">Happens when the owner has left.</param>
    /// <param name="giveBack">Happens when the owner is back, before anything is used.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<(double FilesMs, double MemoryMs)> BackAfterAsync(
        TimeSpan away, Func<Task> lend, Func<Task> giveBack, CancellationToken cancellationToken)
    {
        _ = ReadFiles() + TouchMemory();
        await lend();
        await Task.Delay(away, time, cancellationToken);
        await giveBack();
        return (ReadFiles(), TouchMemory());
    }

    public unsafe void Dispose() => NativeMemory.AlignedFree((void*)memory);

    private static unsafe nint Allocate() => (nint)NativeMemory.AlignedAlloc((nuint)Size * MiB, Page);

    private double ReadFiles()
    {
        var began = time.GetTimestamp();
        using var handle = File.OpenHandle(file);
        for (long at = 0; RandomAccess.Read(handle, buffer, at) is var count and > 0;) at += count;
        return time.GetElapsedTime(began).TotalMilliseconds;
    }

    private unsafe double TouchMemory()
    {
        var began = time.GetTimestamp();
        for (nint at = 0; at < (nint)Size * MiB; at += Page) ((byte*)memory)[at]++;
        return time.GetElapsedTime(began).TotalMilliseconds;
    }
}
