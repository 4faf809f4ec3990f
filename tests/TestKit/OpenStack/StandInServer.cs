using Opportunism.Core;

namespace Opportunism.TestKit.OpenStack;

/// <summary>A server of the stand-in.</summary>
public sealed class StandInServer(string tenant, string user)
{
    public Guid Id { get; } = Guid.NewGuid();

    public GuestId Guest => GuestId.Parse(Id.ToString("N"));

    public string Name { get; set; } = "job";

    public string Tenant { get; } = tenant;

    public string User { get; } = user;

    public string? Host { get; set; }

    public string VmState { get; set; } = "building";

    public string? TaskState { get; set; }

    public bool Locked { get; set; }

    public string? Fault { get; set; }

    public SortedDictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    /// <summary>The actions on it, newest first: the action and its user.</summary>
    public List<(string Action, string User)> Actions { get; } = [];

    public override string ToString() => $"{Name} on {Host ?? "no host"}: {VmState}/{TaskState ?? "-"}";
}
