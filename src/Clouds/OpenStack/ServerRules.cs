using Opportunism.Core.Eviction;
using Opportunism.Core.Fleet;

namespace Opportunism.Clouds.OpenStack;

/// <summary>The state of a server, from Nova's data and our record of it. Pure.</summary>
internal static class ServerRules
{
    /// <summary>Metadata key of our mark on a server that we evicted; its value is a policy's name.</summary>
    public const string EvictedKey = "opportunism.evicted";

    /// <summary>Metadata key that marks a server whose node is lost; its value is the node's name.</summary>
    public const string LostKey = "opportunism.lost";

    // Actions by which a person takes control of the server; attaching a volume or taking an image does not.
    private static readonly HashSet<string> LifeActions = new(StringComparer.Ordinal)
    {
        "create", "delete", "stop", "start", "reboot", "pause", "unpause", "suspend", "resume", "shelve", "shelveOffload", "unshelve",
        "rescue", "unrescue",
        "resize", "confirmResize", "revertResize", "migrate", "live-migration", "evacuate", "rebuild", "restore", "softDelete",
    };

    // Nova continues with these only when libvirt reports that the guest runs, or has shut down; for some it waits without a limit.
    private static readonly HashSet<string> WaitingTasks = new(StringComparer.Ordinal)
    {
        "spawning", "resuming", "powering-on", "powering-off", "shelving",
        "rebooting", "reboot_pending", "reboot_started", "rebooting_hard", "reboot_pending_hard", "reboot_started_hard",
    };

    /// <summary>The state of a server in relation to its node.</summary>
    /// <param name="server">Nova's data.</param>
    /// <param name="evicted">What we did with it; null for nothing.</param>
    /// <param name="open">True while its node is open.</param>
    public static (CloudGuestState State, string Sentence) Judge(NovaServer server, EvictionStep? evicted, bool open) => server switch
    {
        { TaskState.Length: > 0 } => (CloudGuestState.Busy, $"{Called(server)} is {TaskOf(server)}"),
        { VmState: "building" } => (CloudGuestState.Busy, $"{Called(server)} is being built"),

        // It runs although we requested something else: while the node is closed the request is repeated, and once it is open only our mark
        // is left to remove.
        { VmState: "active" } => (evicted is not null && open ? CloudGuestState.Evicted : CloudGuestState.Here, ""),
        { VmState: "rescued" } => (CloudGuestState.Here, $"{Called(server)} is in rescue and cannot leave: its tenant must unrescue it"),
        { VmState: "resized" } =>
            (CloudGuestState.Here, $"{Called(server)} waits for its tenant to confirm or revert a resize and cannot leave before"),
        { VmState: "suspended" } => (OursIf(evicted is EvictionStep.Suspend), ""),
        { VmState: "paused" } => (OursIf(evicted is EvictionStep.Pause), ""),
        { VmState: "stopped" } => (OursIf(evicted is EvictionStep.ShutDown), ""),

        // Still on the host's disk: it must be offloaded before it can go anywhere else.
        { VmState: "shelved" } when evicted is EvictionStep.Shelve => (open ? CloudGuestState.Evicted : CloudGuestState.Here, ""),
        { VmState: "shelved_offloaded" } => (OursIf(evicted is EvictionStep.Shelve), ""),
        { VmState: "error" } => (CloudGuestState.Resting,
        $"{Called(server)} is in error{Fault(server)}: see `openstack server show`, then reset its state or "
        + "rebuild it"),
        _ => (CloudGuestState.Resting, ""),
    };

    /// <summary>What we did with a server according to its mark; null for nothing.</summary>
    public static EvictionStep? MarkOf(NovaServer server) =>
        server.Metadata.TryGetValue(EvictedKey, out var mark) ? ServerPolicies.StepOf(mark) : null;

    /// <summary>True when the server can be marked: Nova changes metadata only in these states.</summary>
    public static bool CanBeMarked(NovaServer server) => server.VmState is "active" or "paused" or "suspended" or "stopped";

    /// <summary>True while Nova does something with it that does not end as long as it is frozen.</summary>
    public static bool IsWaitedFor(NovaServer server) => server.TaskState is { } task && WaitingTasks.Contains(task);

    /// <summary>True when Nova would evacuate it.</summary>
    public static bool CanBeEvacuated(NovaServer server) =>
        server.VmState is "active" or "stopped" or "error" && string.IsNullOrEmpty(server.TaskState);

    /// <summary>True when the newest action on a server was done by that user: then no other user has taken control of it since.</summary>
    /// <param name="actions">Newest first.</param>
    /// <param name="user">Our user's id.</param>
    public static bool IsNewestOurs(IReadOnlyList<NovaAction> actions, string user) =>
        actions.FirstOrDefault(action => action.Action is { } name && LifeActions.Contains(name)) is { } newest && newest.UserId == user;

    /// <summary>Nova's name of the action that we request.</summary>
    public static string ActionOf(EvictionStep policy) => policy switch
    {
        EvictionStep.Suspend => "suspend",
        EvictionStep.Pause => "pause",
        EvictionStep.ShutDown => "os-stop",
        EvictionStep.Shelve => "shelve",
        _ => throw new ArgumentOutOfRangeException(nameof(policy), policy, "Deleting is not a server action."),
    };

    /// <summary>Nova's name of the action that undoes it.</summary>
    public static string ReturnOf(EvictionStep policy) => policy switch
    {
        EvictionStep.Suspend => "resume",
        EvictionStep.Pause => "unpause",
        EvictionStep.ShutDown => "os-start",
        EvictionStep.Shelve => "unshelve",
        _ => throw new ArgumentOutOfRangeException(nameof(policy), policy, "What was deleted cannot be brought back."),
    };

    /// <summary>A server's name and id, for messages.</summary>
    public static string Called(NovaServer server) =>
        string.IsNullOrEmpty(server.Name) ? $"server {server.Id}" : $"server {ErrorText.Shown(server.Name)} ({server.Id})";

    // Whatever was not done by us was done by its tenant.
    private static CloudGuestState OursIf(bool evicted) => evicted ? CloudGuestState.Evicted : CloudGuestState.Resting;

    private static string TaskOf(NovaServer server) => server.TaskState!.Replace('_', ' ').Replace('-', ' ');

    private static string Fault(NovaServer server) =>
        server.Fault?.Message is { Length: > 0 } message ? $" ({ErrorText.Shown(message)})" : "";
}
