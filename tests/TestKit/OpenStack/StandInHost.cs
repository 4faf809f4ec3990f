namespace Opportunism.TestKit.OpenStack;

/// <summary>A compute host of the stand-in: its nova-compute, its Neutron agent and its pending work.</summary>
public sealed class StandInHost(string name)
{
    private TaskCompletionSource thawed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Name { get; } = name;

    public string ServiceId { get; } = Guid.NewGuid().ToString();

    public bool Disabled { get; set; }

    public string? DisabledReason { get; set; }

    public bool ForcedDown { get; set; }

    /// <summary>Since when nova-compute has not reported; null while it does. Nova treats it as down a minute later.</summary>
    public DateTimeOffset? SilentSince { get; private set; }

    /// <summary>How many servers it can hold.</summary>
    public int Room { get; set; } = 8;

    /// <summary>Actions that fail on it when the controller requests them: an instance action's name, and whether the server then is in
    /// error; else it returns to its former state.</summary>
    public Dictionary<string, bool> Fails { get; } = [];

    /// <summary>True once servers were evacuated from it and its nova-compute has not started since.</summary>
    public bool HasEvacuated { get; set; }

    public string AgentId { get; } = Guid.NewGuid().ToString();

    public bool AgentUp { get; set; } = true;

    public string AgentDescription { get; set; } = "";

    public bool HasAgent { get; set; } = true;

    public string AgentBinary { get; set; } = "neutron-linuxbridge-agent";

    internal Queue<Action> Work { get; } = new();

    internal Task Thawed => SilentSince is null ? Task.CompletedTask : thawed.Task;

    /// <summary>Freezes the host: from now on requests wait in its queue.</summary>
    public void Freeze(DateTimeOffset now)
    {
        SilentSince = now;
        thawed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Thaws the host, which then does its pending work.</summary>
    public void Thaw()
    {
        SilentSince = null;
        thawed.TrySetResult();
    }

    /// <summary>Restarts its nova-compute, which deletes evacuated servers.</summary>
    public void Restart()
    {
        HasEvacuated = false;
        Thaw();
    }
}
