using Opportunism.Agent.Conditions;
using Opportunism.Agent.Enrolment;
using Opportunism.Agent.Guests;
using Opportunism.Agent.Monitors;
using Opportunism.Contracts.Local;
using Opportunism.Core.Availability;
using Opportunism.Settings;

namespace Opportunism.Agent.Settings;

/// <summary>All settings of the agent, read from its INI file: a section for each options object; those that can be set here are section
/// [Agent]. Only root may write that file; docs/settings.md lists every key.</summary>
internal sealed class AgentSettings
{
    /// <summary>The default path of the settings file.</summary>
    public const string DefaultPath = "/etc/opportunism/agent.ini";

    /// <summary>Folder for the agent's state.</summary>
    public string StateFolder { get; set; } = "/var/lib/opportunism";

    /// <summary>Path of the socket for the command line.</summary>
    public string Socket { get; set; } = LocalAgent.DefaultSocket;

    public SiteOptions Site { get; } = new();

    public AvailabilityTimes Times { get; } = new();

    public MonitorOptions Monitors { get; } = new();

    public ConditionOptions Conditions { get; } = new();

    public GuestOptions Guests { get; } = new();

    /// <summary>Reads a settings file; null with every problem where it cannot be used.</summary>
    public static AgentSettings? Read(string path, out IReadOnlyList<string> problems)
    {
        // Never JSON: the command that freezes guests finds their cgroup in INI text alone.
        if (SettingsFile.ReadIni(path, out var problem) is not { } file)
        {
            problems = [problem!];
            return null;
        }

        var binder = new SettingsBinder(file);
        var settings = Read(binder);
        problems = binder.Problems;
        return problems.Count == 0 ? settings : null;
    }

    /// <summary>Reads every key, and checks the values.</summary>
    internal static AgentSettings Read(SettingsBinder binder)
    {
        var settings = new AgentSettings();
        binder.Bind("Agent", settings);
        binder.Bind("Site", settings.Site);
        binder.Bind("Times", settings.Times);
        binder.Bind("Monitors", settings.Monitors);
        binder.Bind("Conditions", settings.Conditions);
        binder.Bind(GuestOptions.Section, settings.Guests);
        foreach (var own in settings.Monitors.Own.Values) binder.Bind("Monitors", own, own.GetType());
        foreach (var own in settings.Conditions.Own.Values) binder.Bind("Conditions", own, own.GetType());
        foreach (var own in settings.Guests.Own.Values) binder.Bind(GuestOptions.Section, own, own.GetType());
        settings.Guests.StateFolder = settings.StateFolder;

        binder.Add("Agent", settings.SocketProblems());
        binder.Add("Site", settings.Site.Problems());
        binder.Add("Times", settings.Times.Problems());
        binder.Add(MonitorOptionsValidator.Problems(settings.Monitors, MonitorCatalog.Names));
        binder.Add(ConditionOptionsValidator.Problems(settings.Conditions));
        binder.Add(GuestOptionsValidator.Problems(settings.Guests));
        binder.Finish();
        return settings;
    }

    private IEnumerable<string> SocketProblems()
    {
        if (!Path.IsPathFullyQualified(Socket)) yield return $"Socket is '{Socket}'; allowed is an absolute path.";

        // man 7 unix: sun_path holds 108 bytes, the last one zero.
        if (Socket.Length > 107) yield return $"Socket is '{Socket}'; allowed are at most 107 characters.";
    }
}
