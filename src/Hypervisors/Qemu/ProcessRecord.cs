using Opportunism.Hypervisors.Linux;

namespace Opportunism.Hypervisors.Qemu;

/// <summary>The process that runs a guest, so that the next run of the agent finds exactly this one.</summary>
internal sealed record ProcessRecord
{
    public required int Pid { get; init; }

    /// <summary>Clock ticks after boot at which it started.</summary>
    public required long StartTime { get; init; }

    /// <summary>How it was started, which loading a checkpoint needs.</summary>
    public required LaunchRecord Launch { get; init; }

    /// <summary>The file that its guest's memory is in.</summary>
    public FileIdentity Memory { get; init; }
}
