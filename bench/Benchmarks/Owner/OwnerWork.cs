using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using Opportunism.Agent.Availability.Linux;
using Opportunism.Files;
using Opportunism.Hypervisors.Linux;

namespace Opportunism.Benchmarks.Owner;

/// <summary>An owner's work, a few seconds of each kind at a time: computing, waiting for a timer, drawing, reading and writing.</summary>
/// <remarks>On the calling thread, which sleeps in the kernel as a program of the owner's does.</remarks>
[SupportedOSPlatform("linux")]
internal sealed unsafe class OwnerWork : IDisposable
{
    private const int Block = 4096, ReadBlocks = 16384, Wakes = 400, Frames = 180, Transfers = 100;

    private static readonly TimeSpan Computing = TimeSpan.FromSeconds(2), Wait = TimeSpan.FromMilliseconds(5),
    FrameWork = TimeSpan.FromMilliseconds(5), Frame = TimeSpan.FromSeconds(1.0 / 60), Between = TimeSpan.FromMilliseconds(5);

    private readonly string folder;
    private readonly TimeProvider time;
    private readonly void* buffer = NativeMemory.AlignedAlloc(Block, Block);

    public OwnerWork(string folder, TimeProvider time)
    {
        (this.folder, this.time) = (folder, time);
        // Noise, or a file system that compresses would read less; through to the disk, since it is read past the page cache.
        using var file = File.OpenHandle(ReadFile, FileMode.Create, FileAccess.Write);
        for (var i = 0; i < ReadBlocks; i += 256) RandomAccess.Write(file, RandomNumberGenerator.GetBytes(256 * Block), (long)i * Block);
        RandomAccess.FlushToDisk(file);
    }

    private string ReadFile => Path.Combine(folder, "read");

    public void Measure(OwnerFigures figures, CancellationToken cancellationToken)
    {
        figures.CpuShare.Add(Compute());
        cancellationToken.ThrowIfCancellationRequested();
        for (var i = 0; i < Wakes; i++) figures.WakeUps.Add((Timed(() => ShortPause.For(Wait)) - Wait).TotalMilliseconds);
        cancellationToken.ThrowIfCancellationRequested();
        Draw(figures);
        cancellationToken.ThrowIfCancellationRequested();
        ReadAndWrite(figures);
    }

    public void Dispose() => NativeMemory.AlignedFree(buffer);

    /// <summary>The part of a processor that a loop gets.</summary>
    private double Compute()
    {
        var (began, cpu) = (time.GetTimestamp(), ThreadCpu());
        while (time.GetElapsedTime(began) < Computing) Burn(TimeSpan.FromMilliseconds(1));
        return (ThreadCpu() - cpu) / time.GetElapsedTime(began).TotalMilliseconds;
    }

    /// <summary>Frames of 5 ms of computing, 60 a second. One that is not ready when the next is due is missed.</summary>
    private void Draw(OwnerFigures figures)
    {
        var next = time.GetTimestamp();
        for (var i = 0; i < Frames; i++)
        {
            next += (long)(Frame.TotalSeconds * time.TimestampFrequency);
            var cpu = ThreadCpu();
            while (ThreadCpu() - cpu < FrameWork.TotalMilliseconds) Burn(TimeSpan.FromMilliseconds(0.2));
            var left = time.GetElapsedTime(time.GetTimestamp(), next);
            figures.Frames++;
            if (left < TimeSpan.Zero) figures.FramesMissed++;
            else ShortPause.For(left);
            next = Math.Max(next, time.GetTimestamp() - 1);
        }
    }

    private void ReadAndWrite(OwnerFigures figures)
    {
        var read = Libc.Open(ReadFile, Libc.ReadOnly | Libc.Direct | Libc.CloseOnExec, 0);
        var write = Libc.Open(Path.Combine(folder, "write"), Libc.WriteOnly | Libc.Create | Libc.CloseOnExec, (int)LinuxFiles.OwnerOnly);
        try
        {
            if (read < 0 || write < 0) throw FileFailure.OfLastCall("open", folder);
            for (var i = 0; i < Transfers; i++)
            {
                var place = RandomNumberGenerator.GetInt32(ReadBlocks) * (long)Block;
                figures.Reads.Add(Timed(() => Check(Libc.Pread(read, (byte*)buffer, Block, place) == Block, "read")).TotalMilliseconds);
                figures.Writes.Add(
                    Timed(
                        () => Check(Libc.Pwrite(write, (byte*)buffer, Block, i % 256 * Block) == Block
                            && Libc.Fdatasync(write) == 0, "write")).TotalMilliseconds);
                ShortPause.For(Between);
            }
        }
        finally
        {
            _ = Libc.Close(read);
            _ = Libc.Close(write);
        }
    }

    private void Check(bool done, string what)
    {
        if (!done) throw FileFailure.OfLastCall(what, folder);
    }

    private TimeSpan Timed(Action act)
    {
        var began = time.GetTimestamp();
        act();
        return time.GetElapsedTime(began);
    }

    private void Burn(TimeSpan duration)
    {
        var began = time.GetTimestamp();
        while (time.GetElapsedTime(began) < duration) Thread.SpinWait(50);
    }

    /// <summary>CPU time of the calling thread, in ms.</summary>
    private static double ThreadCpu()
    {
        const int ThreadClock = 3; // CLOCK_THREAD_CPUTIME_ID
        Libc.Timespec now;
        return Libc.ClockGetTime(ThreadClock, &now) == 0
            ? (now.Seconds * 1000.0) + (now.Nanoseconds / 1e6)
            : throw FileFailure.OfLastCall("read", "the thread's CPU clock");
    }
}
