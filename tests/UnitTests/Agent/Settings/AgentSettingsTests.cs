using Opportunism.Agent.Conditions;
using Opportunism.Agent.Monitors;
using Opportunism.Agent.Settings;
using Opportunism.Hypervisors.Libvirt;
using Opportunism.Hypervisors.Qemu;
using Opportunism.Settings;
using Xunit;

namespace Opportunism.UnitTests.Agent.Settings;

public sealed class AgentSettingsTests
{
    [Fact]
    public void An_empty_file_uses_every_default_and_has_no_problem()
    {
        var binder = new SettingsBinder(SettingsFile.Empty);

        AgentSettings.Read(binder);

        Assert.Empty(binder.Problems);
    }

    [Fact]
    public void Every_key_is_a_row_in_the_settings_page_and_every_row_is_a_key()
    {
        var binder = new SettingsBinder(SettingsFile.Empty);
        AgentSettings.Read(binder);
        var page = File.ReadAllText(Path.Combine(RepositoryTests.Root, "docs", "settings.md"));
        var agents = page[..page.IndexOf("## Controller", StringComparison.Ordinal)];
        var rows = agents.Split('\n').Where(line => line.StartsWith('|'))
            .Select(line => line.Split('|').Select(cell => cell.Trim(' ', '`')).ToArray())
            .Where(cells => cells[1].Length > 0 && char.IsAsciiLetterUpper(cells[1][0])).Select(cells => $"{cells[1]}.{cells[2]}");

        Assert.Equal(binder.Known.Select(key => $"{key.Section}.{key.Key}").Order(), rows.Order());
    }

    [Fact]
    public void Each_section_reaches_its_options()
    {
        var (settings, problems) = Read(
            """
            [Agent]
            StateFolder = /s
            [Site]
            Controller = https://c.example.org:7443
            [Times]
            idlefor = 1m30s
            [Monitors]
            Enabled = input, x11,
            WithoutSeat = lend
            [Conditions]
            CpuEnterPercent = 12.5
            [Guests]
            Hypervisor = libvirt
            CheckpointBytesPerSecond = 5000000000
            RunAsRange =
            RunAs =
            Accelerator = tcg
            LibvirtFolder = /l
            """);

        Assert.Empty(problems);
        Assert.Equal(
            ("/s", "/s", "c.example.org", TimeSpan.FromSeconds(90), WithoutSeat.Lend, 12.5),
            (settings!.StateFolder, settings.Guests.StateFolder, settings.Site.Controller!.Host, settings.Times.IdleFor,
                settings.Monitors.WithoutSeat, settings.Conditions.Of<CpuOptions>().CpuEnterPercent));
        Assert.Equal(["input", "x11"], settings.Monitors.Enabled);
        Assert.Equal(("libvirt", 5_000_000_000), (settings.Guests.Hypervisor, settings.Guests.CheckpointBytesPerSecond));
        var qemu = settings.Guests.Own.Values.OfType<QemuOptions>().Single();
        Assert.Equal(("opportunism-guest", "", Accelerator.Tcg), (qemu.RunAs, qemu.RunAsRange, qemu.Accelerator));
        Assert.Equal("/l", settings.Guests.Own.Values.OfType<LibvirtOptions>().Single().LibvirtFolder);
    }

    [Fact]
    public void All_problems_of_all_sections_are_named_at_once()
    {
        var (settings, problems) = Read(
            "[Times]\nIdleFor = 90\n[Guests]\nNetwork = bridge\nMaxVcpus = two\nRunAs = root\nStateFolder = /s\n[Site]\n"
                + "ReportEvery = 2m\n[Tiems]\nIdleFor = 1m\n");

        Assert.Null(settings);
        Assert.Equal(
            [
                "[Times] IdleFor is '90'; allowed is a time such as 90s, 1h30m, 300ms or 00:01:30.",
                "[Guests] MaxVcpus is 'two'; allowed is a whole number.",
                "[Guests] Network is 'bridge'; allowed is isolated, user, none.",
                "[Site] ReportEvery is 2m; allowed is 1s to 1m.",
                "[Guests] RunAs is 'root'; allowed is an unprivileged user, by name or number.",
                "[Guests] StateFolder is not a setting. Known ones are Hypervisor, RamFolder, Cgroup, MaxMemoryMiB, MaxVcpus, "
                    + "CheckpointBytesPerSecond, TransferBytesPerSecond, OwnerNetworkBytesPerSecond, ShutdownPatience, KeepFreeMiB, "
                    + "RunAs, RunAsRange, Accelerator, Network, LibvirtUri, LibvirtFolder.",
                "[Tiems] is not a section. Known ones are Agent, Site, Times, Monitors, Conditions, Guests.",
            ],
            problems);
    }

    private static (AgentSettings? Settings, IReadOnlyList<string> Problems) Read(string text)
    {
        var path = Path.GetTempFileName();
        File.WriteAllText(path, text);
        var settings = AgentSettings.Read(path, out var problems);
        File.Delete(path);
        return (settings, problems);
    }
}
