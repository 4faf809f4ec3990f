using System.Globalization;
using System.Text;
using Opportunism.Core.Guests;

namespace Opportunism.Hypervisors.Fake;

/// <summary>A guest that exists only as numbers: it counts a tick a second while it runs.</summary>
internal sealed class FakeGuest(GuestSpec spec)
{
    private static readonly TimeSpan BootTime = TimeSpan.FromSeconds(1);
    private readonly StringBuilder earlier = new();
    private TimeSpan ran;

    public GuestStatus Status { get; set; } = new(spec.Id, spec, GuestPhase.Stopped);

    public bool HasDisk { get; set; }

    /// <summary>Disk space that its disk takes.</summary>
    public long DiskBytes { get; set; }

    /// <summary>Ends its permission to run. Kept, since a timer without a reference may never fire.</summary>
    public ITimer? LeaveEnds { get; set; }

    /// <summary>CPU time since it was created, over all its boots.</summary>
    public TimeSpan Used { get; private set; }

    public void Run(TimeSpan elapsed)
    {
        ran += elapsed;
        Used += elapsed;
    }

    /// <summary>Begins to count again; what it had printed stays.</summary>
    public void Boot()
    {
        earlier.Append(Ticks());
        ran = TimeSpan.Zero;
    }

    public byte[] Console() => Encoding.ASCII.GetBytes(earlier + Ticks());

    private string Ticks()
    {
        var text = new StringBuilder();
        for (var i = 0; BootTime + TimeSpan.FromSeconds(i) <= ran; i++) text.Append(CultureInfo.InvariantCulture, $"tick {i}\n");
        return text.ToString();
    }
}
