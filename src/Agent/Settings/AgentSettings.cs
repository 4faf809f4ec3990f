using Microsoft.Extensions.Configuration;
using Opportunism.Agent.Conditions;
using Opportunism.Agent.Enrolment;
using Opportunism.Agent.Guests;
using Opportunism.Agent.Monitors;
using Opportunism.Contracts.Local;
using Opportunism.Core.Availability;
using Opportunism.Hypervisors;

namespace Opportunism.Agent.Settings;

/// <summary>All settings of the agent, read from its INI file. Only root may write that file; docs/settings.md lists every key.</summary>
internal sealed class AgentSettings
{
    /// <summary>The default path of the settings file.</summary>
    public const string DefaultPath = "/etc/opportunism/agent.ini";

    /// <summary>Folder for the agent's state.</summary>
    public required string StateFolder { get; init; }

    /// <summary>Path of the socket for the command line.</summary>
    public required string Socket { get; init; }

    public required SiteOptions Site { get; init; }

    public required AvailabilityTimes Times { get; init; }

    public required MonitorOptions Monitors { get; init; }

    public required ConditionOptions Conditions { get; init; }

    public required GuestOptions Guests { get; init; }

    /// <summary>Reads a settings file; null with every problem where it cannot be used.</summary>
    public static AgentSettings? Read(string path, out IReadOnlyList<string> problems)
    {
        if (!File.Exists(path))
        {
            problems = [
                $"There is no settings file {path}. Name one with --settings; docs/settings.md lists the keys, and an empty file uses "
                    + "every default."];
            return null;
        }

        IConfiguration file;
        try
        {
            file = new ConfigurationBuilder().AddIniFile(Path.GetFullPath(path)).Build();
        }
        catch (Exception e) when (e is FormatException or InvalidDataException or IOException or UnauthorizedAccessException)
        {
            problems = [$"{path} cannot be read: {e.Message}"];
            return null;
        }

        var reader = new SettingsReader(file);
        var settings = Read(reader);
        reader.Finish();
        problems = reader.Problems;
        return problems.Count == 0 ? settings : null;
    }

    /// <summary>Reads every key, and checks the values.</summary>
    internal static AgentSettings Read(SettingsReader reader)
    {
        var state = reader.Text("Agent", nameof(StateFolder), "/var/lib/opportunism");
        var settings = new AgentSettings
        {
            StateFolder = state,
            Socket = reader.Text("Agent", nameof(Socket), LocalAgent.DefaultSocket),
            Site = ReadSite(reader),
            Times = ReadTimes(reader),
            Monitors = new() { WithoutSeat = reader.OneOf("Monitors", nameof(MonitorOptions.WithoutSeat), WithoutSeat.Refuse) },
            Conditions = ReadConditions(reader),
            Guests = ReadGuests(reader, state),
        };
        foreach (var name in reader.List("Monitors", nameof(MonitorOptions.Enabled), [])) settings.Monitors.Enabled.Add(name);
        foreach (var name in reader.List("Monitors", nameof(MonitorOptions.Ignore), [])) settings.Monitors.Ignore.Add(name);
        foreach (var name in reader.List("Conditions", nameof(ConditionOptions.Enabled), [])) settings.Conditions.Enabled.Add(name);
        reader.Add("Agent", PathProblems(settings));
        reader.Add("Site", settings.Site.Problems());
        reader.Add("Times", settings.Times.Problems());
        reader.Add(MonitorOptionsValidator.Problems(settings.Monitors, MonitorCatalog.Names));
        reader.Add(ConditionOptionsValidator.Problems(settings.Conditions));
        reader.Add(GuestOptionsValidator.Problems(settings.Guests));
        return settings;
    }

    private static IEnumerable<string> PathProblems(AgentSettings settings)
    {
        foreach (var (key, value) in new[] { (nameof(StateFolder), settings.StateFolder), (nameof(Socket), settings.Socket) })
        {
            if (!Path.IsPathFullyQualified(value)) yield return $"{key} is '{value}'; allowed is an absolute path.";
        }

        // man 7 unix: sun_path holds 108 bytes, the last one zero.
        if (settings.Socket.Length > 107) yield return $"Socket is '{settings.Socket}'; allowed are at most 107 characters.";
    }

    private static SiteOptions ReadSite(SettingsReader reader)
    {
        var defaults = new SiteOptions();
        return new()
        {
            Controller = reader.Address("Site", nameof(SiteOptions.Controller)),
            JoinTokenFile = reader.TextOrNone("Site", nameof(SiteOptions.JoinTokenFile)),
            NodeName = reader.Text("Site", nameof(SiteOptions.NodeName), defaults.NodeName),
            ReportEvery = reader.Time("Site", nameof(SiteOptions.ReportEvery), defaults.ReportEvery),
        };
    }

    private static AvailabilityTimes ReadTimes(SettingsReader reader)
    {
        var defaults = new AvailabilityTimes();
        return new()
        {
            IdleFor = reader.Time("Times", nameof(defaults.IdleFor), defaults.IdleFor),
            ThawAfter = reader.Time("Times", nameof(defaults.ThawAfter), defaults.ThawAfter),
            HoldAfter = reader.Time("Times", nameof(defaults.HoldAfter), defaults.HoldAfter),
            PresaveAfter = reader.Time("Times", nameof(defaults.PresaveAfter), defaults.PresaveAfter),
            EvictAfter = reader.Time("Times", nameof(defaults.EvictAfter), defaults.EvictAfter),
            EvictSoonAfter = reader.Time("Times", nameof(defaults.EvictSoonAfter), defaults.EvictSoonAfter),
        };
    }

    private static ConditionOptions ReadConditions(SettingsReader reader)
    {
        var defaults = new ConditionOptions();
        return new()
        {
            CpuEnterPercent = reader.Decimal("Conditions", nameof(defaults.CpuEnterPercent), defaults.CpuEnterPercent),
            CpuLeavePercent = reader.Decimal("Conditions", nameof(defaults.CpuLeavePercent), defaults.CpuLeavePercent),
            MemoryEnterMiB = reader.Number("Conditions", nameof(defaults.MemoryEnterMiB), defaults.MemoryEnterMiB),
            MemoryLeaveMiB = reader.Number("Conditions", nameof(defaults.MemoryLeaveMiB), defaults.MemoryLeaveMiB),
            MemoryCriticalMiB = reader.Number("Conditions", nameof(defaults.MemoryCriticalMiB), defaults.MemoryCriticalMiB),
            MemoryScarcePercent = reader.Decimal("Conditions", nameof(defaults.MemoryScarcePercent), defaults.MemoryScarcePercent),
        };
    }

    private static GuestOptions ReadGuests(SettingsReader reader, string state)
    {
        const string section = GuestOptions.Section;
        var defaults = new GuestOptions();
        return new()
        {
            Hypervisor = reader.Text(section, nameof(defaults.Hypervisor), defaults.Hypervisor),
            StateFolder = state,
            RamFolder = reader.Text(section, nameof(defaults.RamFolder), defaults.RamFolder),
            Cgroup = reader.Text(section, nameof(defaults.Cgroup), defaults.Cgroup),
            Own = reader.Given(section, HypervisorCatalog.All.SelectMany(module => module.Keys)),
            MaxMemoryMiB = reader.Number(section, nameof(defaults.MaxMemoryMiB), defaults.MaxMemoryMiB),
            MaxVcpus = reader.Number(section, nameof(defaults.MaxVcpus), defaults.MaxVcpus),
            CheckpointBytesPerSecond = reader.Long(section, nameof(defaults.CheckpointBytesPerSecond), defaults.CheckpointBytesPerSecond),
            TransferBytesPerSecond = reader.Long(section, nameof(defaults.TransferBytesPerSecond), defaults.TransferBytesPerSecond),
            OwnerNetworkBytesPerSecond =
                reader.Long(section, nameof(defaults.OwnerNetworkBytesPerSecond), defaults.OwnerNetworkBytesPerSecond),
            ShutdownPatience = reader.Time(section, nameof(defaults.ShutdownPatience), defaults.ShutdownPatience),
            KeepFreeMiB = reader.Number(section, nameof(defaults.KeepFreeMiB), defaults.KeepFreeMiB),
        };
    }
}
