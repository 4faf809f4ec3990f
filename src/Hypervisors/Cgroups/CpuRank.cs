using System.Runtime.Versioning;
using System.Text;
using Opportunism.Hypervisors.Linux;

namespace Opportunism.Hypervisors.Cgroups;

/// <summary>The CPU rank of all guests, at every level of their cgroup's path: the lowest, except while their processes work for the
/// owner.</summary>
/// <remarks>
/// What a QEMU does to be held, to save its device state or to end serves the owner, who waits for the memory. With the lowest rank it
/// gets no CPU beside an owner who computes on every processor: the guest could neither be held nor suspended, and one that the kernel
/// has killed for its memory would not end. Any thread; never blocks or allocates, except in <see cref="Raise"/>.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed class CpuRank : IDisposable
{
    private readonly int[] files;
    private readonly byte[] lowest;
    private readonly byte[] ordinary;
    private int raised;
    private int prompt;

    private CpuRank(int[] files, string lowest, string ordinary) =>
        (this.files, this.lowest, this.ordinary) = (files, Encoding.ASCII.GetBytes(lowest), Encoding.ASCII.GetBytes(ordinary));

    /// <summary>The rank of these cgroups, lowest from now on; null where one of them cannot have it.</summary>
    /// <param name="folders">The cgroups, from the outermost on.</param>
    /// <param name="file">The control file in each, such as <c>cpu.idle</c>.</param>
    /// <param name="lowest">The file's value for the lowest rank.</param>
    /// <param name="ordinary">The file's value for the rank of any other program.</param>
    public static CpuRank? Take(IEnumerable<string> folders, string file, string lowest, string ordinary)
    {
        var rank = new CpuRank(
            [.. folders.Select(folder => Libc.Open(Path.Combine(folder, file), Libc.WriteOnly | Libc.CloseOnExec, 0))], lowest, ordinary);
        if (rank.Write(rank.lowest)) return rank;
        rank.Dispose();
        return null;
    }

    /// <summary>Gives guests the rank of any other program until the returned object is disposed of; with several, until the last
    /// is.</summary>
    public IDisposable Raise()
    {
        Interlocked.Increment(ref raised);
        Apply();
        return new Raised(this);
    }

    /// <summary>Gives guests the rank of any other program, or ends that, independent of <see cref="Raise"/>. The deciding
    /// thread.</summary>
    public void SetPrompt(bool isPrompt)
    {
        if (Interlocked.Exchange(ref prompt, isPrompt ? 1 : 0) != (isPrompt ? 1 : 0)) Apply();
    }

    public void Dispose()
    {
        foreach (var file in files)
        {
            if (file >= 0) _ = Libc.Close(file);
        }
    }

    private byte[] Wanted => Volatile.Read(ref raised) > 0 || Volatile.Read(ref prompt) == 1 ? ordinary : lowest;

    // Without a lock, since the deciding thread may not wait: the thread that writes last has found no newer value after its write.
    private void Apply()
    {
        byte[] written;
        do
        {
            written = Wanted;
            Write(written);
            Interlocked.MemoryBarrier();
        }
        while (written != Wanted);
    }

    private unsafe bool Write(byte[] word)
    {
        var all = true;
        fixed (byte* start = word)
        {
            foreach (var file in files) all &= file >= 0 && Libc.Pwrite(file, start, (nuint)word.Length, 0) == word.Length;
        }

        return all;
    }

    private sealed class Raised(CpuRank rank) : IDisposable
    {
        private int done;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref done, 1) != 0) return;
            Interlocked.Decrement(ref rank.raised);
            rank.Apply();
        }
    }
}
