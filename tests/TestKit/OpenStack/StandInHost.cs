namespace Opportunism.TestKit.OpenStack;

/// <summary>A compute host of the stand-in: its nova-compute, its Neutron agent and the work it has been sent.</summary>
public sealed class StandInHost(string name)
{
    private TaskCompletionSource thawed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Name { get; } = name;

    public string ServiceId { get; } = Guid.NewGuid().ToString();

    public bool Disabled { get; set; }

    public string? DisabledReason { get; set; }

    public bool ForcedDown { get; set; }

    /// <summary>Since when nova-compute has not reported; null while it does. Nova calls it down a minute later.</summary>
    public DateTimeOffset? SilentSince { get; private set; }

    /// <summary>How many servers it has room for.</summary>
    public int Room { get; set; } = 8;

    /// <summary>What fails on it when the controller asks: an instance action's name to
    /// whether the server ends in error; else it falls back to what it was.</summary>
    public Dictionary<string, bool> Fails { get; } = [];

    /// <summary>True once servers were evacuated from it and its nova-compute has not started since.</summary>
    public bool HasEvacuated { get; set; }

    public string AgentId { get; } = Guid.NewGuid().ToString();

    public bool AgentUp { get; set; } = true;

    public string AgentDescription { get; set; } = "";

    public bool HasAgent { get; set; } = true;

    internal Queue<Action> Work { get; } = new();

    internal Task Thawed => SilentSince is null ? Task.CompletedTask : thawed.Task;

    /// <summary>Stops it in its tracks: what it is asked from now on waits in its queue.</summary>
    public void Freeze(DateTimeOffset now)
    {
        SilentSince = now;
        thawed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>It goes on, and does what it was asked meanwhile.</summary>
    public void Thaw()
    {
        SilentSince = null;
        thawed.TrySetResult();
    }

    /// <summary>Its nova-compute starts anew: it deletes what was evacuated.</summary>
    public void Restart()
    {
        HasEvacuated = false;
        Thaw();
    }
}
