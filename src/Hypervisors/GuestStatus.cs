using Opportunism.Core;
using Opportunism.Core.Guests;

namespace Opportunism.Hypervisors;

/// <summary>A hypervisor's information about one guest; replaced whole at every change.</summary>
/// <param name="Id">Its identity.</param>
/// <param name="Spec">What it is made of; for a guest that another program starts only name, CPUs and memory are known.</param>
/// <param name="Phase">Its phase: Starting, Running, Held, Suspended, Stopped or Failed.</param>
/// <param name="Sentence">Why, where that is not obvious; else empty.</param>
public sealed record GuestStatus(GuestId Id, GuestSpec Spec, GuestPhase Phase, string Sentence = "")
{
    /// <summary>True while it is in memory and would have to leave for the owner; one that is only loaded is not.</summary>
    public bool InMemory => Phase is GuestPhase.Starting or GuestPhase.Running or GuestPhase.Held;

    /// <summary>True while its memory is being filled from its checkpoint, although it stays Suspended.</summary>
    public bool IsLoading { get; init; }

    /// <summary>True while it is Suspended and also held in memory: resuming it takes milliseconds.</summary>
    public bool IsLoaded { get; init; }

    /// <summary>True while it takes memory of this machine: <see cref="InMemory"/>, loading or loaded.</summary>
    public bool TakesMemory => InMemory || IsLoading || IsLoaded;

    /// <summary>True while its cloud has paused it, for its tenant for example: it is Held and never released by the agent.</summary>
    public bool PausedByOthers { get; init; }

    /// <summary>True while it may run although the owner is there, so that it can shut itself down.</summary>
    public bool Leaving { get; init; }

    /// <summary>True while it is paused because the disk of this machine had no room for what it writes: Held, and released once there is
    /// room.</summary>
    public bool WaitsForRoom { get; init; }

    /// <summary>True while a complete checkpoint of it exists.</summary>
    public bool HasCheckpoint { get; init; }

    /// <summary>True after it has shut itself down, not ended by the agent or a crash; it stays off until the tenant's next
    /// request.</summary>
    public bool ShutItselfDown { get; init; }

    /// <summary>Disk space that its checkpoint takes, in MiB.</summary>
    public long CheckpointMiB { get; init; }

    /// <summary>From the request of the last hold until its vCPUs were paused; null before the first.</summary>
    public TimeSpan? LastHold { get; init; }

    /// <summary>From the request of the last checkpoint until its device state was on the disk; null before the first.</summary>
    public TimeSpan? LastStateSave { get; init; }

    /// <summary>From the request of the last release until its vCPUs ran; null before the first.</summary>
    public TimeSpan? LastRelease { get; init; }

    /// <summary>From the last decision to suspend until its memory was free; null before the first.</summary>
    public TimeSpan? LastMemoryReturn { get; init; }

    /// <summary>Memory given back by the last suspend, in MiB.</summary>
    public long LastMemoryReturnMiB { get; init; }

    /// <summary>From the request of the last resume until its vCPUs ran; null before the first.</summary>
    public TimeSpan? LastResume { get; init; }
}
