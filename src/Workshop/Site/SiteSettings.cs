using System.Globalization;
using Opportunism.Core.Availability;

namespace Opportunism.Workshop.Site;

/// <summary>The settings of the programs of a site on this machine.</summary>
/// <param name="Name">Distinguishes this site's cgroup and memory folder from others on the machine; also the node's name, unless another
/// is given.</param>
/// <param name="Times">The waiting times.</param>
/// <param name="BusyOwner">True where other programs may use all CPUs without counting as the owner: a demonstration during a
/// build.</param>
internal sealed record SiteSettings(string Name, AvailabilityTimes Times, bool BusyOwner)
{
    /// <summary>A user and group id that Debian never assigns: between the ranges of adduser and of systemd's dynamic users (man 5
    /// adduser.conf, UIDS-GIDS.md).</summary>
    private const int GuestUser = 61111;

    /// <summary>The name under which this machine is enrolled.</summary>
    public string NodeName { get; init; } = Name;

    /// <summary>The controller's settings file; empty for a controller without one.</summary>
    public string ControllerIni { get; init; } = "";

    /// <summary>More lines for the agent's settings about guests.</summary>
    public string GuestLines { get; init; } = "";

    /// <summary>True where this machine is lent although no monitor has anything to watch.</summary>
    public bool LendWithoutSeat { get; init; }

    public string Cgroup => $"{Name}/guests";

    public string RamFolder => $"/dev/shm/{Name}";

    /// <summary>The agent's settings file.</summary>
    public string Ini(SiteFolders folders, Uri controller) => string.Create(CultureInfo.InvariantCulture, $"""
        [Agent]
        StateFolder = {folders.AgentState}
        Socket = {folders.AgentSocket}

        [Site]
        Controller = {controller}
        JoinTokenFile = {folders.JoinToken}
        NodeName = {NodeName}

        [Times]
        IdleFor = {Times.IdleFor}
        ThawAfter = {Times.ThawAfter}
        HoldAfter = {Times.HoldAfter}
        PresaveAfter = {Times.PresaveAfter}
        EvictAfter = {Times.EvictAfter}

        [Monitors]
        WithoutSeat = {(LendWithoutSeat ? "lend" : "refuse")}

        [Conditions]
        CpuEnterPercent = {(BusyOwner ? 100 : 30)}
        CpuLeavePercent = {(BusyOwner ? 100 : 60)}

        [Guests]
        RamFolder = {RamFolder}
        Cgroup = {Cgroup}
        RunAs = {GuestUser}
        {GuestLines}

        """);
}
