namespace Opportunism.Hypervisors;

/// <summary>Halts all guests of this machine from outside their hypervisor. The brakes are listed from gentle to crude.</summary>
/// <remarks>Called by the deciding thread, on the path from a key press to frozen guests: no member may allocate,
/// lock, log, throw or wait for anything but the kernel. Each returns whether the kernel accepted it.</remarks>
public interface IGuestFreezer
{
    /// <summary>Freezes every guest at once, those that start later included. Reversible by <see cref="ThawAll"/>.</summary>
    bool FreezeAll();

    /// <summary>Lets every guest run again that was frozen or got SIGSTOP.</summary>
    bool ThawAll();

    /// <summary>SIGSTOP to each process of each guest. Reversible by <see cref="ThawAll"/>.</summary>
    bool SignalAll();

    /// <summary>SIGKILL to each process of each guest. Memory is lost, disks are not.</summary>
    bool KillAll();

    /// <summary>Whether guests' processes get the CPU rank of any other program instead of the lowest, so that one that leaves, or that the
    /// kernel kills for its memory, ends at once also beside an owner who computes on every processor. Only while no guest may
    /// run.</summary>
    void SetPrompt(bool isPrompt);

    /// <summary>CPU time all guests have used since they started, in nanoseconds, exact even while they run; negative when it cannot be
    /// read.</summary>
    long GuestCpuNanoseconds();
}
