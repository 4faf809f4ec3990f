namespace Opportunism.Benchmarks.Owner;

/// <summary>What an owner felt, over all rounds of one kind. Times in ms.</summary>
internal sealed class OwnerFigures
{
    /// <summary>Part of a processor that a loop got, 0 to 1, once a round.</summary>
    public List<double> CpuShare { get; } = [];

    /// <summary>How late a task woke that had asked for 5 ms.</summary>
    public List<double> WakeUps { get; } = [];

    public List<double> Reads { get; } = [];

    public List<double> Writes { get; } = [];

    public int Frames { get; set; }

    public int FramesMissed { get; set; }

    /// <summary>Part of the frames that were late, 0 to 1.</summary>
    public double Missed => Frames == 0 ? 0 : (double)FramesMissed / Frames;
}
