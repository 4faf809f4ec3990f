using Opportunism.Clouds;
using Opportunism.Clouds.OpenStack;
using Opportunism.Controller.Settings;
using Opportunism.Settings;
using Xunit;

namespace Opportunism.UnitTests.Controller;

public sealed class ControllerSettingsTests
{
    [Fact]
    public void Without_arguments_the_defaults_hold()
    {
        var problems = new List<string>();
        var settings = ControllerSettings.Read([], problems);
        Assert.Empty(problems);
        Assert.Equal(
            ("127.0.0.1:7443", "embedded", TimeSpan.FromSeconds(30)),
            (settings.Controller.Listen, settings.Controller.Cloud, settings.Controller.LostAfter));
    }

    [Fact]
    public void Arguments_win_over_the_file()
    {
        var problems = new List<string>();
        var settings = Read(
            "[Controller]\nListen = 127.0.0.1:1\nLostAfter = 1m\n[Policy]\nIdleFor = 00:02:00\n", problems, "--listen", "127.0.0.1:0",
            "--state", "/tmp/s");
        Assert.Empty(problems);
        Assert.Equal(
            ("127.0.0.1:0", "/tmp/s", TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(2)),
            (settings.Controller.Listen, settings.Controller.State, settings.Controller.LostAfter, settings.Policy.IdleFor));
    }

    [Fact]
    public void Every_problem_is_named_at_once()
    {
        var problems = new List<string>();
        Read(
            "[Controller]\nListen = here\nLostAftre = 00:00:30\nLostAfter = 30\nCloud = nova\nReportsPerSecond = 0\nNames = pc "
                + "1\n[Polcy]\nIdleFor = 1\n[Policy]\nThawAfter = 00:00:01\n",
            problems, "--verbose");
        Assert.Equal(
            [
                "'--verbose' is not an argument of the controller. Usage: controller [--settings FILE] [--state FOLDER] [--listen "
                    + "ADDRESS:PORT] [--forget-cloud NAME]",
                "[Controller] LostAfter is '30'; allowed is a time such as 90s, 1h30m, 300ms or 00:01:30.",
                "[Controller] LostAftre is not a setting. Known ones are Listen, State, Names, Cloud, LostAfter, CompareEvery, "
                    + "LargestImageMiB, KeepFreeMiB, EnrolmentsPerMinute, ReportsPerSecond, OtlpEndpoint.",
                "[Polcy] is not a section. Known ones are Controller, Policy, Cloud.NAME, embedded, fake, fake-guests, openstack.",
            ],
            problems.Take(4));
        foreach (var part in new[] { "[Controller] Listen is 'here'", "[Controller] Names holds 'pc 1'",
            "[Controller] Cloud is 'nova'; allowed are embedded, fake, fake-guests, openstack.", "[Controller] ReportsPerSecond is 0",
            "[Policy] ThawAfter is 1s" })
        {
            Assert.Contains(problems, problem => problem.Contains(part, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Each_section_of_a_cloud_is_one_cloud()
    {
        var problems = new List<string>();
        var settings =
            Read(
                "[Cloud.nova1]\nKind = openstack\nHosts = *\nNodes = lab-*, pc-7\nPolicy = shelve\n[Cloud.desks]\nkind = Embedded\n",
                problems);
        Assert.Empty(problems);
        Assert.Equal(["desks", "nova1"], settings.Clouds.Select(cloud => cloud.Name).Order());
        var nova = Assert.Single(settings.Clouds, cloud => cloud.Name == "nova1");
        Assert.Equal(
            ("openstack", "lab-*, pc-7", "shelve"), (nova.Module.Kind, nova.Options.Nodes, ((OpenStackOptions)nova.Options).Policy));
    }

    [Fact]
    public void A_section_of_a_kind_that_no_cloud_has_is_refused()
    {
        var problems = new List<string>();
        Read("[OpenStack]\nPolicy = shelve\n", problems);
        Assert.Equal(
            "[OpenStack] has no effect: [Controller] Cloud is 'embedded'. Set it to openstack, or remove the section.",
            Assert.Single(problems));
    }

    [Fact]
    public void A_section_of_a_kinds_own_name_counts_for_the_only_cloud()
    {
        var problems = new List<string>();
        var cloud = Assert.Single(Read("[Controller]\nCloud = openstack\n[OpenStack]\nHosts = *\nPolicy = shelve\n", problems).Clouds);
        Assert.Empty(problems);
        Assert.Equal(("openstack", "shelve"), (cloud.Name, ((OpenStackOptions)cloud.Options).Policy));
    }

    [Theory]
    [InlineData("[Cloud.a]\nNodes = x\n", "[Cloud.a] has no Kind; allowed are embedded, fake, fake-guests, openstack.")]
    [InlineData("[Cloud.a]\nKind = nova\n", "[Cloud.a] Kind is 'nova'; allowed are embedded, fake, fake-guests, openstack.")]
    [InlineData(
        "[Cloud.A b]\nKind = fake\n",
        "[Cloud.A b] names the cloud 'A b'; allowed is 1 to 63 characters of a-z 0-9 . - beginning with a letter or digit.")]
    [InlineData(
        "[Cloud.a]\nKind = fake\nNodes = p*c\n",
        "[Cloud.a] Nodes holds 'p*c'; allowed are names of nodes, separated by commas; a name may end in *.")]
    [InlineData(
        "[Cloud.a]\nKind = fake\n[Cloud.b]\nKind = fake\n",
        "[Cloud.a] and [Cloud.b] have no Nodes; at most one cloud may take every node that no other cloud takes.")]
    [InlineData(
        "[Cloud.a]\nKind = fake\nNodes = lab-*, pc-1\n[Cloud.b]\nKind = embedded\nNodes = lab-*\n",
        "[Cloud.a] and [Cloud.b] have 'lab-*' in Nodes; allowed is each pattern in one cloud.")]
    [InlineData("[Cloud.a]\nKind = embedded\nPolicy = stop\n", "[Cloud.a] Policy is not a setting. Known ones are Kind, Nodes.")]
    [InlineData(
        "[Cloud.a]\nKind = openstack\nHosts = *\nPolicy = burn\n",
        "[Cloud.a] Policy is 'burn'; allowed are suspend, pause, stop, shelve, terminate.")]
    [InlineData(
        "[Cloud.a]\nKind = fake\n[Controller]\nCloud = fake\n",
        "[Controller] Cloud and [Cloud.a] exclude each other; keep the sections Cloud.NAME.")]
    [InlineData(
        "[Cloud.a]\nKind = fake\n[OpenStack]\nPolicy = stop\n",
        "[OpenStack] and [Cloud.a] exclude each other; move its keys to a section Cloud.NAME with Kind = openstack.")]
    [InlineData(
        "[OpenStack]\nHosts = *\nPolicy = burn\n[Controller]\nCloud = openstack\n",
        "[OpenStack] Policy is 'burn'; allowed are suspend, pause, stop, shelve, terminate.")]
    [InlineData(
        "[Cloud.a]\nKind = openstack\n",
        "[Cloud.a] Hosts is empty, so no host of Nova would be used; allowed are names and patterns of nodes, such as pc-*, and "
            + "pc-*=pc-*.example.org where hosts have other names.")]
    public void What_is_wrong_with_a_cloud_is_named_with_its_section(string text, string expected)
    {
        var problems = new List<string>();
        Read(text, problems);
        Assert.Equal([expected], problems);
    }

    [Fact]
    public void A_key_without_a_value_has_its_default_unless_it_may_be_empty()
    {
        var problems = new List<string>();
        var settings = Read(
            "[Controller]\nListen =\nLostAfter =\nCloud = openstack\n[Policy]\nIdleFor =\n[OpenStack]\nHosts = *\nPolicy =\n"
                + "OwnerMayChoose =\n",
            problems);
        Assert.Empty(problems);
        Assert.Equal(
            ("127.0.0.1:7443", TimeSpan.FromSeconds(30), null),
            (settings.Controller.Listen, settings.Controller.LostAfter, settings.Policy.IdleFor));
        var openStack = Assert.IsType<OpenStackOptions>(Assert.Single(settings.Clouds).Options);
        Assert.Equal(("suspend", ""), (openStack.Policy, openStack.OwnerMayChoose));
    }

    [Fact]
    public void A_file_may_be_JSON()
    {
        var file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.json");
        File.WriteAllText(file, """{"Controller": {"LostAfter": "1m", "Names": ["a", "b"]}, "Cloud.x": {"Kind": "fake", "Policy": 1}}""");
        var problems = new List<string>();
        var settings = ControllerSettings.Read(["--settings", file], problems);
        File.Delete(file);
        Assert.Equal(["[Cloud.x] Policy is not a setting. Known ones are Kind, Nodes."], problems);
        Assert.Equal((TimeSpan.FromMinutes(1), "a, b"), (settings.Controller.LostAfter, settings.Controller.Names));
    }

    [Fact]
    public void Settings_of_each_kind_of_cloud_are_of_types_that_can_be_read()
    {
        var binder = new SettingsBinder(SettingsFile.Empty);
        foreach (var options in CloudCatalog.All.Select(module => module.NewOptions(module.Kind)))
            binder.Bind(options.Section, options, options.GetType());
        Assert.Contains(("openstack", "Nodes"), binder.Known);
    }

    [Fact]
    public void A_file_that_is_not_there_is_named()
    {
        var problems = new List<string>();
        ControllerSettings.Read(["--settings", "/nowhere/controller.ini"], problems);
        Assert.Contains("/nowhere/controller.ini", Assert.Single(problems), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_key_is_a_row_of_the_page_on_settings()
    {
        var page = File.ReadAllText(Path.Combine(Repository(), "docs", "settings.md"));
        var clouds = CloudCatalog.All.Select(module => (module.Kind, module.NewOptions(module.Kind).GetType()))
            .Where(one => one.Item2 != typeof(CloudOptions));
        foreach (var (section, type) in clouds.Concat([("Controller", typeof(ControllerOptions)), ("Policy", typeof(SiteTimes))]))
        {
            foreach (var key in type.GetProperties().Where(key => key.CanWrite && key.DeclaringType == type))
                Assert.Contains($"| {section} | {key.Name} |", page, StringComparison.OrdinalIgnoreCase);
        }

        foreach (var key in new[] { "Kind", "Nodes" }) Assert.Contains($"| Cloud.NAME | {key} |", page, StringComparison.Ordinal);
    }

    private static ControllerSettings Read(string text, List<string> problems, params string[] more)
    {
        var file = Path.GetTempFileName();
        var named = Path.ChangeExtension(file, ".ini");
        File.Move(file, named);
        File.WriteAllText(named, text);
        var settings = ControllerSettings.Read(["--settings", named, .. more], problems);
        File.Delete(named);
        return settings;
    }

    private static string Repository()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Opportunism.slnx")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The repository was not found.");
        return folder;
    }
}
