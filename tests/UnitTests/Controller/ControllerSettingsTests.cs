using Opportunism.Clouds.OpenStack;
using Opportunism.Controller.Settings;
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
        Assert.Equal(("127.0.0.1:7443", "embedded", TimeSpan.FromSeconds(30)), (settings.Controller.Listen, settings.Controller.Cloud, settings.Controller.LostAfter));
    }

    [Fact]
    public void Arguments_win_over_the_file()
    {
        var problems = new List<string>();
        var settings = Read("[Controller]\nListen = 127.0.0.1:1\nLostAfter = 1m\n[Policy]\nIdleFor = 00:02:00\n", problems, "--listen", "127.0.0.1:0", "--state", "/tmp/s");
        Assert.Empty(problems);
        Assert.Equal(("127.0.0.1:0", "/tmp/s", TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(2)), (settings.Controller.Listen, settings.Controller.State, settings.Controller.LostAfter, settings.Policy.IdleFor));
    }

    [Fact]
    public void Every_problem_is_named_at_once()
    {
        var problems = new List<string>();
        Read("[Controller]\nListen = here\nLostAftre = 00:00:30\nLostAfter = 30\nCloud = nova\nReportsPerSecond = 0\nNames = pc 1\n[Polcy]\nIdleFor = 1\n[Policy]\nThawAfter = 00:00:01\n", problems, "--verbose");
        Assert.Equal(
            [
                "'--verbose' is not an argument of the controller. Usage: controller [--settings FILE] [--state FOLDER] [--listen ADDRESS:PORT]",
                "Controller.LostAfter is '30'; a time such as 90s, 1h30m, 300ms or 00:01:30 is expected.",
                "Controller.LostAftre is not a known key; known are Listen, State, Names, Cloud, LostAfter, CompareEvery, LargestImageMiB, KeepFreeMiB, EnrolmentsPerMinute, ReportsPerSecond, OtlpEndpoint.",
            ],
            problems.Take(3));
        foreach (var part in new[] { "section or key 'Polcy'", "Controller.Listen is 'here'", "Controller.Names holds 'pc 1'", "Controller.Cloud is 'nova'; allowed are embedded, fake, openstack.", "Controller.ReportsPerSecond is 0", "Policy.ThawAfter is 00:00:01" })
        {
            Assert.Contains(problems, problem => problem.Contains(part, StringComparison.Ordinal));
        }
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
        foreach (var (section, type) in new[] { ("Controller", typeof(ControllerOptions)), ("Policy", typeof(SiteTimes)), ("OpenStack", typeof(OpenStackOptions)) })
        {
            foreach (var key in type.GetProperties()) Assert.Contains($"| {section} | {key.Name} |", page, StringComparison.Ordinal);
        }
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
        while (!File.Exists(Path.Combine(folder, "Opportunism.slnx"))) folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The repository was not found.");
        return folder;
    }
}
