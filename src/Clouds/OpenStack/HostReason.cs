namespace Opportunism.Clouds.OpenStack;

/// <summary>The reasons that we write into Nova and Neutron: marked as ours, printable, and no longer than their columns allow.
/// Pure.</summary>
internal static class HostReason
{
    // Nova's own limit for a service's disabled_reason, and Neutron's for an agent's description.
    private const int Longest = 255;

    // The end of the reason of a service that we forced down, so that we undo only our own changes.
    private const string ForcedDownEnd = " (forced down)";

    // The separator between our reason and the description that an agent had before.
    private const string WasBefore = "; was: ";

    /// <summary>A reason, cut where it is too long; <paramref name="end"/> is never cut.</summary>
    public static string Of(string reason, string end = "")
    {
        var most = Longest - NovaService.Mark.Length - end.Length;
        var shown = new string([.. reason.Select(c => char.IsControl(c) ? ' ' : c)]).Trim();
        return NovaService.Mark + (shown.Length > most ? shown[..most] : shown) + end;
    }

    /// <summary>The reason of a service that we force down.</summary>
    public static string OfForcedDown(string reason) => Of(reason, ForcedDownEnd);

    /// <summary>True for a service that we forced down.</summary>
    public static bool IsForcedDownByUs(NovaService service) =>
        service is { ForcedDown: true, IsOurs: true } && service.DisabledReason!.EndsWith(ForcedDownEnd, StringComparison.Ordinal);

    /// <summary>A reason together with the description that an agent had before.</summary>
    public static string With(string reason, string? before)
    {
        var end = string.IsNullOrEmpty(before) ? "" : WasBefore + before;

        // A description that is too long to keep beside a reason matters more than the reason.
        return end.Length > Longest - NovaService.Mark.Length
            ? NovaService.Mark + end[..(Longest - NovaService.Mark.Length)]
            : Of(reason, end);
    }

    /// <summary>The description that an agent had before we wrote our reason there.</summary>
    public static string Before(NeutronAgent agent) =>
        agent.Description!.IndexOf(WasBefore, StringComparison.Ordinal) is >= 0 and var at
        ? agent.Description[(at + WasBefore.Length)..]
        : "";
}
