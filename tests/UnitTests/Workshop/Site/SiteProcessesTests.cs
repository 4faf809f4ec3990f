using Opportunism.Workshop.Site;
using Xunit;

namespace Opportunism.UnitTests.Workshop.Site;

public sealed class SiteProcessesTests : IDisposable
{
    private readonly string proc = Directory.CreateTempSubdirectory("proc-").FullName;
    private readonly SiteFolders folders = new("/opt/opportunism", "/opt/opportunism/packaging", "/var/lib/opportunism/site");

    public void Dispose() => Directory.Delete(proc, recursive: true);

    [Fact]
    public void What_a_killed_command_left_is_named_with_its_process_ids_and_how_to_end_it()
    {
        Runs("7", folders.Agent, "run", "--settings", folders.AgentSettings);
        Runs("12", folders.Controller, "--state", folders.ControllerState, "--listen", "127.0.0.1:7443");
        Runs("13", folders.Controller, "--state", "/another/site/controller");
        Runs("14", "/usr/bin/less", folders.ControllerState);
        Runs("15");
        Directory.CreateDirectory(Path.Combine(proc, "16"));
        Directory.CreateDirectory(Path.Combine(proc, "self"));

        var running = SiteProcesses.Find(folders, proc);

        Assert.Equal([("controller", 12), ("agent", 7)], running);
        Assert.StartsWith(
            "The site in /here runs already: controller (process 12), agent (process 7). End it with Ctrl-C in its terminal or 'kill 12 7'",
            SiteProcesses.Sentence("/here", running), StringComparison.Ordinal);
    }

    private void Runs(string id, params string[] words)
    {
        Directory.CreateDirectory(Path.Combine(proc, id));
        File.WriteAllText(Path.Combine(proc, id, "cmdline"), string.Concat(words.Select(word => word + "\0")));
    }
}
