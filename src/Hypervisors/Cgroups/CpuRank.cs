using System.Runtime.Versioning;
using Opportunism.Hypervisors.Linux;

namespace Opportunism.Hypervisors.Cgroups;

/// <summary>The CPU rank of all guests, at every level of their cgroup's path: the lowest, but for moments in which their processes work for the owner.</summary>
/// <remarks>
/// What a QEMU does to be held, to save its device state or to end is for the owner, who waits for the memory. With the lowest rank it
/// gets no turn beside an owner who computes on every processor: the guest could neither be held nor suspended. Any thread; never blocks.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed class CpuRank
{
    private readonly Lock changing = new();
    private readonly string[] files;
    private readonly string lowest;
    private readonly string ordinary;
    private int raised;

    private CpuRank(string[] files, string lowest, string ordinary) => (this.files, this.lowest, this.ordinary) = (files, lowest, ordinary);

    /// <summary>The rank of these cgroups, lowest from now on; null where one of them does not take it.</summary>
    /// <param name="folders">The cgroups, from the outermost on.</param>
    /// <param name="file">The control file in each, such as <c>cpu.idle</c>.</param>
    /// <param name="lowest">What stands for the lowest rank.</param>
    /// <param name="ordinary">What stands for that of any other program.</param>
    public static CpuRank? Take(IEnumerable<string> folders, string file, string lowest, string ordinary)
    {
        var rank = new CpuRank([.. folders.Select(folder => Path.Combine(folder, file))], lowest, ordinary);
        return rank.Write(lowest) ? rank : null;
    }

    /// <summary>Gives guests the rank of any other program until what is returned is disposed of; of several, until the last is.</summary>
    public IDisposable Raise()
    {
        lock (changing)
        {
            if (raised++ == 0) Write(ordinary);
        }

        return new Raised(this);
    }

    private void Lower()
    {
        lock (changing)
        {
            if (--raised == 0) Write(lowest);
        }
    }

    private bool Write(string word) => files.Aggregate(true, (all, file) => all & LinuxFiles.TryControl(file, word));

    private sealed class Raised(CpuRank rank) : IDisposable
    {
        private int done;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref done, 1) == 0) rank.Lower();
        }
    }
}
